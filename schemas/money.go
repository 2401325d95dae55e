package schemas

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Money is an amount in micro-dollars: sums are exact to far below a cent.
type Money int64

// Dollar is one US dollar.
const Dollar Money = 1_000_000

// maxMoney keeps sums and products of amounts in range: a hundred million
// dollars.
const maxMoney = 100_000_000 * Dollar

// String writes dollars with two decimals, and more where there are parts of
// cents: $1.50, $0.005.
func (m Money) String() string {
	if m < 0 {
		return "-" + (-m).String()
	}
	return "$" + m.decimal(2)
}

// Cents writes dollars with two decimals, rounded up.
func (m Money) Cents() string {
	const cent = Dollar / 100
	return ((m + cent - 1) / cent * cent).String()
}

// decimal writes dollars with at least so many decimals and no more than
// needed.
func (m Money) decimal(least int) string {
	digits := fmt.Sprintf("%06d", m%Dollar)
	for len(digits) > least && digits[len(digits)-1] == '0' {
		digits = digits[:len(digits)-1]
	}
	if digits == "" {
		return strconv.FormatInt(int64(m/Dollar), 10)
	}
	return fmt.Sprintf("%d.%s", m/Dollar, digits)
}

// MarshalText writes dollars as a decimal number.
func (m Money) MarshalText() ([]byte, error) {
	if m < 0 {
		return []byte("-" + (-m).decimal(0)), nil
	}
	return []byte(m.decimal(0)), nil
}

// MarshalJSON writes dollars as a JSON number, exactly.
func (m Money) MarshalJSON() ([]byte, error) { return m.MarshalText() }

// UnmarshalJSON reads what MarshalJSON wrote.
func (m *Money) UnmarshalJSON(text []byte) (err error) {
	*m, err = ParseMoney(string(text))
	return err
}

// ParseMoney reads dollars as people write them: 5, 0.005, $12.50. Amounts
// below a micro-dollar, negative ones and those of a hundred million dollars
// and more are errors.
func ParseMoney(text string) (Money, error) {
	whole, part, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(text), "$"), ".")
	if part = strings.TrimRight(part, "0"); len(part) > 6 {
		return 0, errors.New("less than a millionth of a dollar")
	}
	if whole == "" && part != "" {
		whole = "0"
	}
	dollars, err := strconv.ParseUint(whole, 10, 32)
	if err != nil {
		return 0, errors.New("not an amount of dollars such as 5 or 0.50")
	}
	micros, err := strconv.ParseUint((part + "000000")[:6], 10, 32)
	if err != nil {
		return 0, errors.New("not an amount of dollars such as 5 or 0.50")
	}
	if m := Money(dollars)*Dollar + Money(micros); m < maxMoney {
		return m, nil
	}
	return 0, errors.New("more than a hundred million dollars")
}
