package focus_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/focus"
)

func TestAmountsAreExact(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, out string
		exact   bool
	}{
		{"0", "0.00", true},
		{"12", "12.00", true},
		{"-0.5", "-0.50", true},
		{"0.000000000001", "0.000000000001", true},
		{"-0.000000000001", "-0.000000000001", true},
		{"0.0000000000014", "0.000000000001", false},
		{"0.0000000000015", "0.000000000002", false},
		{"0.9999999999999", "1.00", false},
		{"1.50000000000000000", "1.50", true},
		{"123456789012345.123456789012", "123456789012345.123456789012", true},
		{"8.0E-7", "0.0000008", true},
		{"-1.25e+2", "-125.00", true},
		{"1e3", "1000.00", true},
		{".5", "0.50", true},
		{"5.", "5.00", true},
	} {
		a, exact, err := focus.ParseAmount(c.in)
		if err != nil || a.String() != c.out || exact != c.exact {
			t.Errorf("%s: %s, exact %v, %v; want %s, %v", c.in, a, exact, err, c.out, c.exact)
		}
	}
	for _, bad := range []string{"", "-", ".", "1,5", "abc", "1e", "1e999", "0x1", "1.2.3", "NaN", "1234567890123456", "e5", "--1"} {
		if a, _, err := focus.ParseAmount(bad); err == nil {
			t.Errorf("%q is read as %s", bad, a)
		}
	}
}

// TestSumsOfAmounts holds addition against rational numbers.
func TestSumsOfAmounts(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	sum, want := focus.Amount{}, new(big.Rat)
	for range 2000 {
		a := focus.Amount{Milli: random.Int64N(2_000_000) - 1_000_000, Pico: random.Int64N(1_000_000_000)}
		r, _ := new(big.Rat).SetString(a.String())
		if random.IntN(2) == 0 {
			sum, want = sum.Add(a), want.Add(want, r)
		} else {
			sum, want = sum.Sub(a), want.Sub(want, r)
		}
	}
	if got, _ := new(big.Rat).SetString(sum.String()); got.Cmp(want) != 0 {
		t.Errorf("%s, want %s", sum, want.FloatString(12))
	}
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"1.5", "-2e-3", "0.0000000000009", "1E15"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, exact, err := focus.ParseAmount(s)
		if err != nil {
			return
		}
		want, ok := new(big.Rat).SetString(s)
		got, _ := new(big.Rat).SetString(a.String())
		if ok && exact && got.Cmp(want) != 0 {
			t.Errorf("%q is read as %s", s, a)
		}
	})
}
