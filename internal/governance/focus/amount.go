package focus

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

const (
	// digits is how many decimal places an Amount has.
	digits = 12
	// picos are in a thousandth of the currency's unit.
	picos = 1_000_000_000
	// unit is one unit of the currency, in 1e-12.
	unit = 1_000_000_000_000
	// maxWhole bounds the digits before the point.
	maxWhole = 15
)

// Amount is an exact amount of money with 12 decimal places; its currency is kept
// beside it. The zero value is nothing.
type Amount struct {
	// Milli counts thousandths, Pico the rest in 1e-12, always from 0 up to 1e9. Two
	// columns of a database hold them, so that sums do not overflow.
	Milli, Pico int64
}

// errTooLarge is why a number of that many digits is none.
var errTooLarge = errors.New("is larger than any amount")

// ParseAmount reads a decimal number, with or without an exponent. exact is false
// where it has more than 12 decimal places and was rounded.
func ParseAmount(s string) (a Amount, exact bool, err error) {
	if strings.ContainsAny(s, "eE") {
		return parseExponent(s)
	}
	rest, negative := strings.CutPrefix(s, "-")
	if !negative {
		rest = strings.TrimPrefix(rest, "+")
	}
	whole, fraction, _ := strings.Cut(rest, ".")
	if whole+fraction == "" || !decimal(whole) || !decimal(fraction) {
		return a, false, fmt.Errorf("%q is no decimal number", s)
	}
	if len(strings.TrimLeft(whole, "0")) > maxWhole {
		return a, false, fmt.Errorf("%.60q %w", s, errTooLarge)
	}
	units, _ := strconv.ParseInt("0"+whole, 10, 64) // digits alone, few enough
	part, exact := fractionOf(fraction)
	a = Amount{Milli: units*1000 + part/picos, Pico: part % picos}
	if negative {
		a = a.Neg()
	}
	return a, exact, nil
}

// fractionOf returns digits behind the point in 1e-12, the half rounded up.
func fractionOf(s string) (n int64, exact bool) {
	exact = true
	up := false
	if len(s) > digits {
		exact, up = strings.Trim(s[digits:], "0") == "", s[digits] >= '5'
		s = s[:digits]
	}
	for i := range digits {
		n *= 10
		if i < len(s) {
			n += int64(s[i] - '0')
		}
	}
	if up {
		n++
	}
	return n, exact
}

func decimal(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// parseExponent reads 1.2E-05, which some exporters write.
func parseExponent(s string) (Amount, bool, error) {
	mantissa, power, _ := strings.Cut(strings.ToLower(s), "e")
	n, err := strconv.Atoi(power)
	if err != nil || n > maxWhole || n < -100 || len(mantissa) > 100 {
		return Amount{}, false, fmt.Errorf("%q is no decimal number", s)
	}
	sign := ""
	if mantissa != "" && (mantissa[0] == '-' || mantissa[0] == '+') {
		sign, mantissa = mantissa[:1], mantissa[1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" {
		return Amount{}, false, fmt.Errorf("%q is no decimal number", s)
	}
	point := len(whole) + n
	all := whole + fraction
	if point < 0 {
		all, point = strings.Repeat("0", -point)+all, 0
	}
	if point > len(all) {
		all += strings.Repeat("0", point-len(all))
	}
	return ParseAmount(sign + all[:point] + "." + all[point:])
}

// Add returns the sum.
func (a Amount) Add(b Amount) Amount { return normal(a.Milli+b.Milli, a.Pico+b.Pico) }

// Sub returns the difference.
func (a Amount) Sub(b Amount) Amount { return a.Add(b.Neg()) }

// Neg returns -a.
func (a Amount) Neg() Amount { return normal(-a.Milli, -a.Pico) }

// normal brings the picos into their bounds.
func normal(milli, pico int64) Amount {
	carry := pico / picos
	if pico %= picos; pico < 0 {
		pico += picos
		carry--
	}
	return Amount{Milli: milli + carry, Pico: pico}
}

// Sign is -1, 0 or 1.
func (a Amount) Sign() int {
	switch {
	case a.Milli < 0:
		return -1
	case a == Amount{}:
		return 0
	}
	return 1
}

// Cmp compares two amounts of one currency.
func (a Amount) Cmp(b Amount) int { return a.Sub(b).Sign() }

// Float is the nearest float, for statistics alone.
func (a Amount) Float() float64 { return float64(a.Milli)/1000 + float64(a.Pico)/unit }

func (a Amount) big() *big.Int {
	n := new(big.Int).Mul(big.NewInt(a.Milli), big.NewInt(picos))
	return n.Add(n, big.NewInt(a.Pico))
}

func fromBig(n *big.Int) Amount {
	milli, pico := new(big.Int).DivMod(n, big.NewInt(picos), new(big.Int))
	return Amount{Milli: milli.Int64(), Pico: pico.Int64()}
}

// split divides a by weights, none below nothing, to the last 1e-12; false where
// there is no weight at all.
func (a Amount) split(weights []*big.Int) ([]Amount, bool) {
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, w)
	}
	if sum.Sign() == 0 {
		return nil, false
	}
	total, upTo, given := a.big(), new(big.Int), new(big.Int)
	parts := make([]Amount, len(weights))
	for i, w := range weights {
		upTo.Add(upTo, w)
		next := new(big.Int).Mul(total, upTo)
		next.Quo(next, sum)
		parts[i] = fromBig(new(big.Int).Sub(next, given))
		given = next
	}
	return parts, true
}

// String writes the amount exactly, with at least two decimal places.
func (a Amount) String() string {
	sign := ""
	if a.Milli < 0 {
		sign, a = "-", a.Neg()
	}
	fraction := strings.TrimRight(fmt.Sprintf("%03d%09d", a.Milli%1000, a.Pico), "0")
	for len(fraction) < 2 {
		fraction += "0"
	}
	return sign + strconv.FormatInt(a.Milli/1000, 10) + "." + fraction
}

// Cents writes the amount with two decimal places, the half rounded away from nothing.
func (a Amount) Cents() string {
	sign := ""
	if a.Milli < 0 {
		sign, a = "-", a.Neg()
	}
	cents := (a.Milli + 5) / 10
	if sign != "" && cents == 0 {
		sign = ""
	}
	return fmt.Sprintf("%s%d.%02d", sign, cents/100, cents%100)
}

// MarshalText writes the exact amount.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads a decimal number.
func (a *Amount) UnmarshalText(b []byte) (err error) {
	*a, _, err = ParseAmount(string(b))
	return err
}

// number makes a database key of a digest; it is never negative.
func number(digest [32]byte) int64 { return int64(binary.BigEndian.Uint64(digest[:8]) >> 1) }
