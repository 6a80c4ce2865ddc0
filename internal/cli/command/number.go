package command

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Number adds a flag that takes a whole number from least to most, which its help
// tells, and no other; value is what it is by default. A most of 0 is no limit.
func Number[T int | int32 | int64](c *cobra.Command, to *T, name string, value T, usage string, least, most T) {
	*to = value
	n := &number[T]{to, least, most}
	c.Flags().Var(n, name, usage+", "+n.bounds())
}

// Limit adds the flag for how many of a list are wanted.
func Limit(c *cobra.Command, to *int64) { Number(c, to, "limit", 50, "how many at most", 1, 200) }

// number is a pflag.Value.
type number[T int | int32 | int64] struct {
	to          *T
	least, most T
}

func (n *number[T]) bounds() string {
	if n.most == 0 {
		return fmt.Sprintf("%d or more", n.least)
	}
	return fmt.Sprintf("%d to %d", n.least, n.most)
}

// String implements pflag.Value.
func (n *number[T]) String() string {
	if n.to == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n.to), 10)
}

// Type implements pflag.Value.
func (*number[T]) Type() string { return "int" }

// Set implements pflag.Value.
func (n *number[T]) Set(text string) error {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil || int64(T(v)) != v || T(v) < n.least || n.most != 0 && T(v) > n.most {
		return kernel.Errorf(kernel.Invalid, "has to be a whole number, %s", n.bounds())
	}
	*n.to = T(v)
	return nil
}

// Positive adds a flag that takes a number above 0, and no other; value is what it is
// by default.
func Positive(c *cobra.Command, to *float64, name string, value float64, usage string) {
	*to = value
	c.Flags().Var((*positive)(to), name, usage+", above 0")
}

// positive is a pflag.Value.
type positive float64

// String implements pflag.Value.
func (p *positive) String() string { return strconv.FormatFloat(float64(*p), 'g', -1, 64) }

// Type implements pflag.Value.
func (*positive) Type() string { return "float" }

// Set implements pflag.Value.
func (p *positive) Set(text string) error {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v > 0) || math.IsInf(v, 0) {
		return kernel.Errorf(kernel.Invalid, "has to be a number above 0")
	}
	*p = positive(v)
	return nil
}

// Amount adds a flag for an exact amount of money, which is given to the server as it is written.
func Amount(c *cobra.Command, to *string, name, usage string) {
	c.Flags().Var((*amount)(to), name, usage)
}

var decimal = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)

// amount is a pflag.Value.
type amount string

// String implements pflag.Value.
func (a *amount) String() string { return string(*a) }

// Type implements pflag.Value; an empty one is refused with all other texts.
func (*amount) Type() string { return "string" }

// Set implements pflag.Value.
func (a *amount) Set(text string) error {
	if !decimal.MatchString(text) && strings.TrimSpace(text) != "" {
		return kernel.Errorf(kernel.Invalid, "has to be a decimal number, such as 500 or 80.25")
	}
	*a = amount(text)
	return nil
}
