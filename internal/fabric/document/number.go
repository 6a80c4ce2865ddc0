package document

import (
	"fmt"
	"strconv"
	"strings"
)

// The least and the largest exponent of a number, whose value is 0.DIGITS × 10^exponent:
// what DynamoDB keeps, which is the narrowest.
const (
	minExponent = -128
	maxExponent = 126
)

// decimal is a number without an error: 0.digits × 10^exponent. Zero has no digits.
type decimal struct {
	negative bool
	digits   string
	exponent int
}

// parseDecimal reads a number as RFC 8259 §6 spells it.
func parseDecimal(text string) (decimal, error) {
	d := decimal{negative: strings.HasPrefix(text, "-")}
	mantissa, power, _ := strings.Cut(strings.ToLower(strings.TrimPrefix(text, "-")), "e")
	if power != "" {
		n, err := strconv.Atoi(power)
		if err != nil {
			return d, fmt.Errorf("the exponent of the number %.40s is out of bounds", text)
		}
		d.exponent = n
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	d.exponent += len(whole)
	d.digits = strings.TrimLeft(all, "0")
	d.exponent -= len(all) - len(d.digits)
	d.digits = strings.TrimRight(d.digits, "0")
	if d.digits == "" {
		return decimal{}, nil
	}
	if len(d.digits) > MaxDigits || d.exponent < minExponent || d.exponent > maxExponent {
		return d, fmt.Errorf("the number %.40s has more than %d digits, or is beyond 1e%d and 1e%d", text, MaxDigits, minExponent-1, maxExponent)
	}
	return d, nil
}

// String spells the number as ECMAScript does (RFC 8785 §3.2.2.3), which is the same
// bytes for the same value.
func (d decimal) String() string {
	n, sign := len(d.digits), ""
	if d.negative {
		sign = "-"
	}
	switch {
	case n == 0:
		return "0"
	case n <= d.exponent && d.exponent <= 21:
		return sign + d.digits + strings.Repeat("0", d.exponent-n)
	case 0 < d.exponent && d.exponent <= 21:
		return sign + d.digits[:d.exponent] + "." + d.digits[d.exponent:]
	case -6 < d.exponent && d.exponent <= 0:
		return sign + "0." + strings.Repeat("0", -d.exponent) + d.digits
	}
	out := sign + d.digits[:1]
	if n > 1 {
		out += "." + d.digits[1:]
	}
	return fmt.Sprintf("%se%+d", out, d.exponent-1)
}

// CanonicalNumber returns the one spelling of a number.
func CanonicalNumber(text string) (string, error) {
	d, err := parseDecimal(text)
	return d.String(), err
}

// shift moves exponents to three digits that sort as they do.
const shift = 500

// ordered returns texts that sort as numbers do.
func (d decimal) ordered() string {
	switch {
	case d.digits == "":
		return "1"
	case !d.negative:
		return fmt.Sprintf("2%03d%s", d.exponent+shift, d.digits)
	}
	complement := []byte(d.digits)
	for i, c := range complement {
		complement[i] = '0' + '9' - c
	}
	return fmt.Sprintf("0%03d%s~", 999-d.exponent-shift, complement)
}
