package rego

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// The bounds of what builtin functions take and say. They do their work in one piece,
// which no timeout ends; what is over a bound is an error, and blocks.
const (
	// MaxDigits is how many digits a number may have that policies count with, as it
	// would be written without an exponent.
	MaxDigits = 4_096
	// MaxText is how many bytes a text may have that policies make, or a value that they
	// write as one.
	MaxText = 64 << 20
	// maxWalk is how large a value may be that is gone through, as a text, in bytes.
	maxWalk = 1 << 30
	// maxSteps is how many comparisons of bytes one function may need.
	maxSteps = 1 << 32
)

// bound puts bounds around the builtin functions that have none of their own. Open
// Policy Agent's list of them is one for all.
func bound() {
	for name, within := range bounds() {
		if f := topdown.GetBuiltin(name); f != nil {
			topdown.RegisterBuiltinFunc(name, bounded(f, within))
		}
	}
	for _, name := range reading() {
		topdown.RegisterBuiltinFunc(name, reads(topdown.GetBuiltin(name)))
	}
}

// bounded is a builtin function that is called where its arguments are within their
// bounds, and whose numbers are within theirs.
func bounded(f topdown.BuiltinFunc, within func([]*ast.Term) error) topdown.BuiltinFunc {
	return func(c topdown.BuiltinContext, args []*ast.Term, iter func(*ast.Term) error) error {
		if err := within(args); err != nil {
			return err
		}
		return f(c, args, func(out *ast.Term) error {
			if err := numbers([]*ast.Term{out}); err != nil {
				return err
			}
			return iter(out)
		})
	}
}

// bounds are what arguments have to be within, by the function.
func bounds() map[string]func([]*ast.Term) error {
	all := map[string]func([]*ast.Term) error{
		ast.Product.Name: product, ast.IndexOfN.Name: found, ast.JSONPatch.Name: patched,
		ast.Sprintf.Name: formatted, ast.Concat.Name: joined, ast.UnitsParse.Name: amount, ast.UnitsParseBytes.Name: amount,
		ast.WalkBuiltin.Name: walked,
	}
	for _, b := range []*ast.Builtin{
		ast.Plus, ast.Minus, ast.Multiply, ast.Divide, ast.Rem, ast.Abs, ast.Round, ast.Ceil, ast.Floor, ast.Sum, ast.ToNumber,
		ast.BitsOr, ast.BitsAnd, ast.BitsNegate, ast.BitsXOr, ast.BitsShiftRight, ast.FormatInt, ast.NumbersRange, ast.NumbersRangeStep,
	} {
		all[b.Name] = numbers
	}
	for _, b := range []*ast.Builtin{
		ast.JSONMarshal, ast.JSONMarshalWithOptions, ast.YAMLMarshal, ast.JSONSchemaVerify, ast.JSONMatchSchema, ast.URLQueryEncodeObject,
		ast.JWTEncodeSign, ast.InternalTemplateString,
	} {
		all[b.Name] = writable
	}
	return all
}

func tooLong() error {
	return fmt.Errorf("a number has more than %d digits", MaxDigits)
}

// numbers refuses numbers of too many digits, alone or in lists and sets.
func numbers(args []*ast.Term) (err error) {
	check := func(t *ast.Term) bool {
		if n, ok := t.Value.(ast.Number); ok && digits(n) > MaxDigits {
			err = tooLong()
		}
		return err != nil
	}
	for _, a := range args {
		switch v := a.Value.(type) {
		case *ast.Array:
			v.Until(check)
		case ast.Set:
			v.Until(check)
		default:
			check(a)
		}
	}
	return err
}

// digits is how many digits a number has without an exponent, at least.
func digits(n ast.Number) int {
	mantissa, exponent, written := strings.Cut(strings.ReplaceAll(string(n), "E", "e"), "e")
	if !written {
		return len(mantissa)
	}
	power, err := strconv.Atoi(exponent)
	if err != nil {
		return MaxDigits + 1
	}
	return len(mantissa) + max(power, -power)
}

// product refuses factors whose product would have too many digits.
func product(args []*ast.Term) error {
	total := 0
	count := func(t *ast.Term) bool {
		if n, ok := t.Value.(ast.Number); ok && n != "0" && n != "1" {
			total += digits(n)
		}
		return total > MaxDigits
	}
	switch v := args[0].Value.(type) {
	case *ast.Array:
		v.Until(count)
	case ast.Set:
		v.Until(count)
	}
	if total > MaxDigits {
		return tooLong()
	}
	return nil
}

// amount refuses a number with a unit, which is a text, of too many digits.
func amount(args []*ast.Term) error {
	if text, ok := args[0].Value.(ast.String); ok && len(text) > MaxDigits {
		return tooLong()
	}
	return nil
}

// found refuses to look for every place of a long text in another one.
func found(args []*ast.Term) error {
	base, _ := args[0].Value.(ast.String)
	search, _ := args[1].Value.(ast.String)
	if (len(base)-len(search))*len(search) > maxSteps {
		return fmt.Errorf("a text of %d bytes is too long to be looked for in one of %d", len(search), len(base))
	}
	return nil
}

// patched refuses so many patches of so much that each has to copy.
func patched(args []*ast.Term) error {
	if patches, ok := args[1].Value.(*ast.Array); ok && patches.Len() > 0 && !fits(args[0], maxSteps/patches.Len()) {
		return fmt.Errorf("%d patches are too many for what they change", patches.Len())
	}
	return writable(args[1:])
}

// formatted refuses what would be formatted as too long a text: fields may be of any
// width, and an argument may stand in several of them.
func formatted(args []*ast.Term) error {
	format, _ := args[0].Value.(ast.String)
	list, ok := args[1].Value.(*ast.Array)
	if !ok {
		return nil
	}
	if err := writable(args[1:]); err != nil {
		return err
	}
	longest := 0
	for i := range list.Len() {
		longest = max(longest, weight(list.Elem(i), MaxText))
	}
	total := strings.Count(string(format), "[")*longest + strings.Count(string(format), "*")*widest
	for run := range strings.FieldsFuncSeq(string(format), func(c rune) bool { return c < '0' || c > '9' }) {
		if n, err := strconv.Atoi(run); err == nil && n <= widest { // fmt has none that are wider
			total += n
		}
	}
	if total > MaxText {
		return tooMuch()
	}
	return numbers(args[1:])
}

// widest is how wide a field may be that fmt writes.
const widest = 1_000_000

// joined refuses what would be joined to too long a text.
func joined(args []*ast.Term) error {
	between, _ := args[0].Value.(ast.String)
	count := 0
	if list, ok := args[1].Value.(interface{ Len() int }); ok {
		count = list.Len()
	}
	if len(between)*count > MaxText {
		return tooMuch()
	}
	return writable(args[1:])
}

// walked refuses to go through a value that has another one in it again and again.
func walked(args []*ast.Term) error {
	if !fits(args[0], maxWalk) {
		return fmt.Errorf("it goes through more than %d MiB", maxWalk>>20)
	}
	return nil
}

// writable refuses what would be too long written as a text: a value may have another
// one many times in it.
func writable(args []*ast.Term) error {
	for _, a := range args {
		if !fits(a, MaxText) {
			return tooMuch()
		}
	}
	return nil
}

func tooMuch() error {
	return fmt.Errorf("it would make a text of more than %d MiB", MaxText>>20)
}

// long reports whether a number is too long to be compared.
func long(n json.Number) bool { return digits(ast.Number(n)) > MaxDigits }
