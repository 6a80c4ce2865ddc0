package spec_test

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/spec"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type inner struct {
	Count int             `json:"count"`
	Per   kernel.Duration `json:"per"`
}

type document struct {
	Name     string           `json:"name"`
	On       *bool            `json:"on"`
	Share    float64          `json:"share"`
	Networks []netip.Prefix   `json:"networks"`
	Inner    []inner          `json:"inner"`
	Costs    map[string]int64 `json:"costs"`
}

func TestReadsAll(t *testing.T) {
	t.Parallel()
	d := document{Name: "kept"}
	r := spec.Read([]byte(`{"on":false,"share":0.5,"networks":["10.0.0.0/8"],"inner":[{"count":3,"per":"1m"}],"costs":{"GET":2}}`), &d)
	if err := r.Err("Kind", "name"); err != nil {
		t.Fatal(err)
	}
	if d.Name != "kept" || d.On == nil || *d.On || d.Share != 0.5 || d.Networks[0].String() != "10.0.0.0/8" ||
		d.Inner[0].Count != 3 || time.Duration(d.Inner[0].Per) != time.Minute || d.Costs["GET"] != 2 {
		t.Errorf("%+v", d)
	}
}

func TestTellsEverythingThatIsWrong(t *testing.T) {
	t.Parallel()
	cases := map[string][]string{
		`{"nam":"x","share":"y","inner":[{"count":1.5},{"per":"soon"},7],"networks":["10.0.0.0/99"],"costs":{"GET":"a"}}`: {
			"costs.GET", "inner[0].count", "inner[1].per", "inner[2]", "nam", "networks[0]", "share",
		},
		`{"name":1,"on":"yes","inner":{}}`: {"inner", "name", "on"},
		`[]`:                               {""},
		`{} {}`:                            {""},
		`{`:                                {""},
	}
	for text, want := range cases {
		var d document
		err := spec.Read([]byte(text), &d).Err("Kind", "name")
		told, ok := errors.AsType[*kernel.Error](err)
		if !ok || told.Kind != kernel.Invalid {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, p := range told.Problems {
			got = append(got, p.Path)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestEmptySpecsAreRead(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "null", "{}", `{"name":null}`} {
		var d document
		if err := spec.Read([]byte(text), &d).Err("Kind", "name"); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestOneProblemAPlace holds that a value of another type is not told to be out of bounds, too.
func TestOneProblemAPlace(t *testing.T) {
	t.Parallel()
	var to struct {
		Limit int64 `json:"limit"`
	}
	r := spec.Read([]byte(`{"limit": "many"}`), &to)
	r.Int("limit", to.Limit, 1, 10)
	told, ok := errors.AsType[*kernel.Error](r.Err("policy", "p"))
	if !ok || len(told.Problems) != 1 {
		t.Errorf("%+v", told)
	}
}
