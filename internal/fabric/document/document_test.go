package document_test

import (
	"encoding/json"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/document"
)

// TestMerge has the cases of RFC 7396, appendix A, that are about objects.
func TestMerge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ target, patch, want string }{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"e":null}`, `{"a":1}`, `{"a":1,"e":null}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		got, err := document.Merge(json.RawMessage(c.target), json.RawMessage(c.patch))
		if err != nil || string(got) != c.want {
			t.Errorf("%s with %s is %s (%v), want %s", c.target, c.patch, got, err, c.want)
		}
	}
}

// FuzzCanonical holds that the canonical form is one, and says the same.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`{"a":1.50,"b":[1e3,-0.0,12345678901234567890]}`, `{"a":"\ud834\udd1e"}`, `{"a":1e-200}`, `{"":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		once, err := document.Canonical(raw)
		if err != nil {
			return
		}
		twice, err := document.Canonical(once)
		if err != nil || string(once) != string(twice) {
			t.Errorf("%s became %s (%v)", once, twice, err)
		}
	})
}
