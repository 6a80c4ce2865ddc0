package secretref_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/platform/secretref"
)

func TestParsesReferences(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]secretref.Reference{
		"${secret:a}":                     {Name: "a"},
		"${secret:db/credentials#user}":   {Name: "db/credentials", Key: "user"},
		"${secret:a.b_c-d@12}":            {Name: "a.b_c-d", Version: 12},
		"${secret:team/api#.pem-_@3}":     {Name: "team/api", Key: ".pem-_", Version: 3},
		"${secret:a@2147483647}":          {Name: "a", Version: 1<<31 - 1},
		"${secret:" + name(253) + "#k}":   {Name: name(253), Key: "k"},
		"${secret:n#" + name(253) + "}":   {Name: "n", Key: name(253)},
		"${secret:0/1/2/3/4/5/6/7#8@9}":   {Name: "0/1/2/3/4/5/6/7", Key: "8", Version: 9},
		"${secret:orders.cache.password}": {Name: "orders.cache.password"},
	} {
		got, is, err := secretref.Whole(text)
		if err != nil || !is || got != want || got.String() != text {
			t.Errorf("%s is %+v, %v, %v", text, got, is, err)
		}
	}
	if _, is, err := secretref.Whole("a value"); is || err != nil {
		t.Error("a value is taken for a reference")
	}
}

func name(n int) string { return strings.Repeat("n", n) }

func TestRefusesWhatIsNoReferenceWithItsPlace(t *testing.T) {
	t.Parallel()
	for text, offset := range map[string]int{
		"${secret:}":                         9,
		"${secret:a":                         0,
		"${secret:a}b":                       11,
		"${secret:a}${secret:b}":             11, // one alone is a value
		"${secret:${secret:a}}":              20, // nothing nests
		"${secret:../b}":                     9,
		"${secret:a//b}":                     9,
		"${secret:a/../../other/dev/b}":      9,
		"${secret:/a}":                       9,
		"${secret:a b}":                      9,
		"${secret:a\n}":                      9,
		"${secret:a#}":                       11,
		"${secret:a#b#c}":                    11,
		"${secret:a#b/c}":                    11,
		"${secret:a@}":                       11,
		"${secret:a@0}":                      11,
		"${secret:a@01}":                     11,
		"${secret:a@+1}":                     11,
		"${secret:a@-1}":                     11,
		"${secret:a@1@2}":                    11,
		"${secret:a@1#k}":                    11,
		"${secret:a@2147483648}":             11,
		"${secret:" + name(254) + "}":        9,
		"${secret:" + name(1<<20) + "}":      9,
		"${secret:ä}":                        9,
		"${secret:a'; DROP TABLE secrets--}": 9,
	} {
		_, _, err := secretref.Whole(text)
		e, ok := errors.AsType[*secretref.Error](err)
		if !ok || e.Offset != offset {
			t.Errorf("%.60q: %v (%+v), want an error at %d", text, err, e, offset)
		}
	}
}

func TestSplitsTexts(t *testing.T) {
	t.Parallel()
	got, err := secretref.Split("user=${secret:db#user};${secret:b@2}$")
	want := []secretref.Piece{{Literal: "user="}, {Reference: &secretref.Reference{Name: "db", Key: "user"}}, {Literal: ";"}, {Reference: &secretref.Reference{Name: "b", Version: 2}}, {Literal: "$"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	_, err = secretref.Split("ok=${secret:a} bad=${secret:b#}")
	if e, ok := errors.AsType[*secretref.Error](err); !ok || e.Offset != 30 {
		t.Errorf("%+v", e)
	}
	if _, err := secretref.Split("open ${secret:a"); err == nil {
		t.Error("a reference without an end is taken")
	}
}

func TestTellsWhatANewVersionChanges(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"${secret:db}": true, "x${secret:db#user}y": true, "${secret:db@1}": false, "${secret:db#user@1}": false, "${secret:db@1}${secret:db}": true,
		"${secret:dbs}": false, "${secret:a/db}": false, "${secret:db": false, "db": false,
	} {
		if got := secretref.Follows(text, "db"); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}

func TestNamesInAKeyVaultAreReversible(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for inside, want := range map[string]string{
		"orders-api-key": "orders-api-key", "db/credentials#user": "db--2fcredentials--23user", "a--b": "a--2d--2db", "a-.b": "a--2d--2eb",
		"a.b": "a--2eb", "a_b": "a--5fb", "a/b": "a--2fb", "a#b": "a--23b", "a--2fb": "a--2d--2d2fb", "a-b": "a-b",
	} {
		r, err := secretref.Parse(inside)
		if err != nil {
			t.Fatal(err)
		}
		got, err := secretref.VaultName(r)
		if err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", inside, got, err, want)
		}
		if other, taken := seen[got]; taken {
			t.Errorf("%s and %s are both %s", inside, other, got)
		}
		seen[got] = inside
		if back, err := secretref.FromVaultName(got); err != nil || back != r {
			t.Errorf("%s was made of %+v, and is %+v: %v", got, r, back, err)
		}
	}
	for _, foreign := range []string{"", "a--", "a--2", "a--zz", "a--41", "a--2F", "-a", "a--2d"} {
		if r, err := secretref.FromVaultName(foreign); err == nil {
			t.Errorf("%q is taken for %+v", foreign, r)
		}
	}
	for _, r := range []secretref.Reference{{Name: name(128)}, {Name: "a", Version: 1}} {
		if got, err := secretref.VaultName(r); err == nil {
			t.Errorf("%s is %s in a vault", r, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a", "a/b#c@1", "a#", "a@0", "${secret:a}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, inside string) {
		r, err := secretref.Parse(inside)
		if err != nil {
			return
		}
		if r.Inside() != inside {
			t.Fatalf("%q is read as %q", inside, r.Inside())
		}
		if vault, err := secretref.VaultName(r); err == nil {
			if back, err := secretref.FromVaultName(vault); err != nil || back != r {
				t.Fatalf("%q is %q in a vault, and %+v again: %v", inside, vault, back, err)
			}
		}
	})
}
