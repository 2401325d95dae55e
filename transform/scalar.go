package transform

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"
)

// The converters below read a scalar's text: the content of a JSON string, or
// a number or literal as it stands. The API sends integers and booleans as
// strings at times, and times in five formats. Each reports whether it could
// read the text; an empty text is handled before, as NULL.

func parseInt(s []byte) (int64, bool) {
	if n, ok := digits(s); ok && len(s) <= 18 {
		return n, true
	}
	if n, err := strconv.ParseInt(string(s), 10, 64); err == nil {
		return n, true
	}
	if whole, fraction, ok := bytes.Cut(s, []byte{'.'}); ok && len(fraction) > 0 && strings.Trim(string(fraction), "0") == "" {
		n, err := strconv.ParseInt(string(whole), 10, 64)
		return n, err == nil
	}
	if !bytes.ContainsAny(s, "eE") {
		return 0, false
	}
	f, ok := parseFloat(s)
	if !ok || f != math.Trunc(f) || math.Abs(f) >= 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// digits reads what has nothing but digits, 18 at most for a right result.
func digits(s []byte) (n int64, ok bool) {
	for _, c := range s {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, len(s) > 0
}

func parseFloat(s []byte) (float64, bool) {
	for _, c := range s { // no inf, nan, hex or underscores
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(string(s), 64)
	return f, err == nil
}

func parseBool(s []byte) (value, ok bool) {
	switch {
	case len(s) == 4 && strings.EqualFold(string(s), "true"), len(s) == 1 && s[0] == '1':
		return true, true
	case len(s) == 5 && strings.EqualFold(string(s), "false"), len(s) == 1 && s[0] == '0':
		return false, true
	}
	return false, false
}

// parseTime reads RFC 3339 with or without fraction, zone and padding, with T
// or a space between date and time, and the older "Wed Jan 06 18:40:40 +0000
// 2021". A time without zone is UTC. The result is in microseconds since 1970.
func parseTime(s []byte) (int64, bool) {
	if t, ok := parseUsual(s); ok {
		return t, true
	}
	if len(s) > 0 && (s[0] < '0' || s[0] > '9') {
		t, err := time.Parse(time.RubyDate, string(s))
		return t.UnixMicro(), err == nil
	}
	var f [6]int // year to second
	const separators = "--T::"
	i := 0
	for n := range f {
		if n > 0 {
			if i >= len(s) || s[i] != separators[n-1] && (n != 3 || s[i] != ' ' && s[i] != 't') {
				return 0, false
			}
			i++
		}
		digits := 2
		if n == 0 {
			digits = 4
		}
		start := i
		for i < len(s) && i-start < digits && s[i] >= '0' && s[i] <= '9' {
			f[n] = f[n]*10 + int(s[i]-'0')
			i++
		}
		if i == start || n == 0 && i-start != 4 {
			return 0, false
		}
	}
	micros, i, ok := fraction(s, i)
	if !ok {
		return 0, false
	}
	offset, ok := zone(s[i:])
	if !ok || f[0] < 1 || f[1] < 1 || f[1] > 12 || f[2] < 1 || f[2] > daysIn(f[0], f[1]) || f[3] > 23 || f[4] > 59 || f[5] > 59 {
		return 0, false
	}
	return (days(f[0], f[1], f[2])*86400+int64(f[3]*3600+f[4]*60+f[5]-offset))*1e6 + micros, true
}

// parseUsual reads what the API sends today: "2021-07-06T18:40:40.000Z".
func parseUsual(s []byte) (int64, bool) {
	if len(s) != 24 || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[23] != 'Z' {
		return 0, false
	}
	bad := false
	number := func(from, to int) int {
		n := 0
		for _, c := range s[from:to] {
			bad = bad || c < '0' || c > '9'
			n = n*10 + int(c-'0')
		}
		return n
	}
	year, month, day := number(0, 4), number(5, 7), number(8, 10)
	hour, minute, second, millis := number(11, 13), number(14, 16), number(17, 19), number(20, 23)
	if bad || year < 1 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return (days(year, month, day)*86400+int64(hour*3600+minute*60+second))*1e6 + int64(millis)*1000, true
}

// fraction reads ".123" at i; digits beyond microseconds are cut.
func fraction(s []byte, i int) (micros int64, next int, ok bool) {
	if i >= len(s) || s[i] != '.' {
		return 0, i, true
	}
	scale := int64(100_000)
	start := i + 1
	for i = start; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		micros += int64(s[i]-'0') * scale
		scale /= 10
	}
	return micros, i, i > start
}

// zone reads "Z", "+01:00", "+0100" or nothing, and returns seconds east.
func zone(s []byte) (seconds int, ok bool) {
	if len(s) == 0 || len(s) == 1 && (s[0] == 'Z' || s[0] == 'z') {
		return 0, true
	}
	if len(s) == 6 && s[3] == ':' {
		s = append(append(make([]byte, 0, 5), s[:3]...), s[4:]...)
	}
	if len(s) != 5 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hhmm, err := strconv.ParseUint(string(s[1:]), 10, 16)
	if err != nil || hhmm/100 > 23 || hhmm%100 > 59 {
		return 0, false
	}
	seconds = int(hhmm/100*3600 + hhmm%100*60)
	if s[0] == '-' {
		seconds = -seconds
	}
	return seconds, true
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// days counts the days from 1970-01-01 in the proleptic Gregorian calendar,
// with the year starting in March so that the leap day comes last.
func days(year, month, day int) int64 {
	if month <= 2 {
		year--
		month += 12
	}
	era := year / 400
	yearOfEra := year % 400
	dayOfYear := (153*(month-3)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return int64(era)*146097 + int64(dayOfEra) - 719468
}
