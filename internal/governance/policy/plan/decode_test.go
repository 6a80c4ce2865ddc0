package plan_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
)

// What is read is what encoding/json reads, and what that refuses is refused, however
// broken.
func TestWhatIsReadIsWhatThereIs(t *testing.T) {
	t.Parallel()
	seed := []byte(`{"format_version":"1.2","values":[1,-2.5e+10,"x\u00e9\n\"q\"",null,true,false,{"b":{}, "c":[]}],"d":"","n":0.1,"k":"\ud83d\ude00","e":[[],{}],"f":-0, "g":1E5}`)
	random := rand.New(rand.NewPCG(5, 6))
	read := 0
	for range 20_000 {
		text := bytes.Clone(seed)
		for range random.IntN(3) {
			text[random.IntN(len(text))] = "{}[]\",:0123-+.eE\\u ntf\x01\x80"[random.IntN(24)]
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var want map[string]any
		valid := json.Valid(text) && d.Decode(&want) == nil && want["format_version"] == "1.2"
		in, err := plan.Read("p", bytes.Clone(text))
		if valid && (err != nil || !reflect.DeepEqual(in.Document, want)) || !json.Valid(text) && err == nil {
			t.Fatalf("%q: %v, %v", text, in.Document, err)
		}
		if valid {
			read++
		}
	}
	if read < 1000 {
		t.Errorf("%d were read", read)
	}
}

// No depth ends the process.
func TestDepthIsAnError(t *testing.T) {
	t.Parallel()
	for _, open := range []string{`{"values":`, `{"values":[`, `{"a]]]]]}}}}}\"":[`} {
		if _, err := plan.Read("p", []byte(strings.Repeat(open, 3_000_000))); err == nil {
			t.Errorf("%s is read", open)
		}
	}
}
