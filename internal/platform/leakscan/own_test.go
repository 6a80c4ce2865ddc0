package leakscan_test

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/leakscan"
)

// TestATextOfBeginningsIsBounded: many values that begin alike, and a text of nothing else.
func TestATextOfBeginningsIsBounded(t *testing.T) {
	t.Parallel()
	key, _ := leakscan.NewKey(make([]byte, leakscan.KeySize))
	var all []leakscan.Owned
	for n := range 200 {
		for _, e := range key.Entries(strings.Repeat("A", 1000+n*100) + "b") {
			all = append(all, leakscan.Owned{Entry: e, Of: "shop/dev/long@1"})
		}
	}
	index := leakscan.NewIndex(key).With(nil, all)
	found, err := leakscan.New().Scan(t.Context(), strings.Repeat("A", 4<<20), leakscan.Source{Own: index})
	if err != nil || found.Incomplete == "" {
		t.Errorf("%+v, %v", found, err)
	}
	none := func(string) bool { return false }
	found, err = leakscan.New().Scan(t.Context(), strings.Repeat("A", 4<<20), leakscan.Source{Own: index, Tells: none, Apart: leakscan.ApartSoon})
	if err != nil || found.Incomplete != "" || found.ApartWhole {
		t.Errorf("where none may be told: %q, %v, whole %v", found.Incomplete, err, found.ApartWhole)
	}
}

// TestWhatMayNotBeToldHidesNothing: a value that may not be told is told apart, and what is in
// it, around it or behind it is told as if it were any text.
func TestWhatMayNotBeToldHidesNothing(t *testing.T) {
	t.Parallel()
	key, _ := leakscan.NewKey(make([]byte, leakscan.KeySize))
	const mine, theirs = "Horse-Battery-9", "correct-Horse-Battery-9-Staple"
	var all []leakscan.Owned
	for of, value := range map[string]string{"a@1": mine, "b@1": theirs, "c@1": mine} {
		for _, e := range key.Entries(value) {
			all = append(all, leakscan.Owned{Entry: e, Of: of})
		}
	}
	from := leakscan.Source{Own: leakscan.NewIndex(key).With(nil, all), Tells: func(own string) bool { return own == "a@1" }, Apart: leakscan.ApartSoon}
	found, err := leakscan.New().Scan(t.Context(), "\napi_key = \""+theirs+"\"\n", from)
	if err != nil || len(found.Matches) != 1 || found.Matches[0].Own != "a@1" || found.Matches[0].Column != 20 {
		t.Errorf("told: %+v, %v", found.Matches, err)
	}
	if len(found.Apart) != 2 || found.Apart[0].Own != "b@1" || found.Apart[0].Column != 12 || found.Apart[1].Own != "c@1" || !found.ApartWhole {
		t.Errorf("apart: %+v", found.Apart)
	}
	from.Tells = func(string) bool { return false }
	if found, err = leakscan.New().Scan(t.Context(), "api_key = \"c0rrect-Horse-Battery-9-Staple\"", from); err != nil || len(found.Matches) != 1 || found.Matches[0].Rule != "generic-api-key" {
		t.Errorf("by a rule: %+v, %v", found.Matches, err)
	}
}

// TestAnIndexThatIsInUseStaysAsItIs: one with a change is another.
func TestAnIndexThatIsInUseStaysAsItIs(t *testing.T) {
	t.Parallel()
	key, _ := leakscan.NewKey(make([]byte, leakscan.KeySize))
	of := func(of string, values ...string) (all []leakscan.Owned) {
		for _, value := range values {
			for _, e := range key.Entries(value) {
				all = append(all, leakscan.Owned{Entry: e, Of: of})
			}
		}
		return all
	}
	// They begin alike, so that they are looked for in one place.
	const one, two, three = "Begins-Alike-one", "Begins-Alike-two", "Begins-Alike-three"
	before := leakscan.NewIndex(key).With(nil, append(of("a@1", one), of("b@1", two)...))
	after := before.With(of("a@1", one), of("c@1", three))
	none := after.With(append(of("b@1", two), of("c@1", three)...), nil)
	for name, c := range map[string]struct {
		index *leakscan.Index
		want  string
	}{
		"before": {before, "a@1 b@1"}, "after": {after, "b@1 c@1"}, "none": {none, ""},
		"another's of the same value": {before.With(of("b@1", one), nil), "a@1 b@1"},
		"one of two with the value":   {before.With(nil, of("c@1", one)).With(of("a@1", one), nil), "c@1 b@1"},
	} {
		var got []string
		for _, m := range scan(t, leakscan.New(), one+"\n"+two+"\n"+three, leakscan.Source{Own: c.index}).Matches {
			if m.Own != "" {
				got = append(got, m.Own)
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}
