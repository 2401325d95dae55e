package report

import (
	"fmt"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/spacesetl/spacesetl/schemas"
)

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string { return humanize.Comma(n) }

// bytesOf writes a size: 15.7 MB.
func bytesOf(n int64) string { return humanize.Bytes(uint64(max(n, 0))) }

// lasting writes a duration to about two digits: 820 ms, 4.1 s, 1 h 12 min.
func lasting(d time.Duration) string {
	switch {
	case d <= 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour && d%time.Hour < time.Minute:
		return fmt.Sprintf("%d h", int(d.Hours()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func milliseconds(n int64) string { return lasting(time.Duration(n) * time.Millisecond) }

// span writes a range of money, and one amount where both ends are the same.
func span(low, high schemas.Money) string {
	if low.Cents() == high.Cents() {
		return low.Cents()
	}
	return low.Cents() + " to " + high.Cents()
}

// dollars is an amount as a number for charts.
func dollars(m schemas.Money) float64 { return float64(m) / float64(schemas.Dollar) }

// plural writes 1 Space, 2 Spaces.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + many
}

// languages are names for the tags that X sends most, its old ones included.
var languages = map[string]string{
	"ar": "Arabic", "bn": "Bengali", "ca": "Catalan", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English",
	"es": "Spanish", "et": "Estonian", "fa": "Persian", "fi": "Finnish", "fr": "French", "gu": "Gujarati", "he": "Hebrew", "hi": "Hindi",
	"ht": "Haitian Creole", "hu": "Hungarian", "id": "Indonesian", "in": "Indonesian", "it": "Italian", "iw": "Hebrew", "ja": "Japanese",
	"kn": "Kannada", "ko": "Korean", "lt": "Lithuanian", "lv": "Latvian", "ml": "Malayalam", "mr": "Marathi", "ne": "Nepali", "nl": "Dutch",
	"no": "Norwegian", "pa": "Punjabi", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian", "ru": "Russian", "sr": "Serbian",
	"sv": "Swedish", "ta": "Tamil", "te": "Telugu", "th": "Thai", "tl": "Tagalog", "tr": "Turkish", "uk": "Ukrainian", "und": "not known",
	"ur": "Urdu", "vi": "Vietnamese", "zh": "Chinese",
}

// language names a tag and keeps it: German (de).
func language(tag string) string {
	name := languages[tag]
	switch {
	case tag == "":
		return "not said"
	case name == "":
		return tag
	}
	return name + " (" + tag + ")"
}
