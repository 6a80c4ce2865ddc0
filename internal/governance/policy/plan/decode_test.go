package plan_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/governance/policy"
	"github.com/terrace-idp/terrace/internal/governance/policy/plan"
)

// What is read is what encoding/json reads, and what that refuses is refused, however
// broken.
func TestWhatIsReadIsWhatThereIs(t *testing.T) {
	t.Parallel()
	seed := []byte(`{"format_version":"1.2","values":{},"x":[1,-2.5e+10,"x\u00e9\n\"q\"",null,true,false,{"b":{}, "c":[]}],"d":"","n":0.1,"k":"\ud83d\ude00","e":[[],{}],"f":-0, "g":1E5}`)
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
		var counted any // with numbers that a program can count with
		valid := json.Unmarshal(text, &counted) == nil && d.Decode(&want) == nil && want["format_version"] == "1.2" && isObject(want["values"])
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

// What is deep is read as well, to its end, and no more than it may be.
func TestDepthHidesNothingBehindIt(t *testing.T) {
	t.Parallel()
	for deep, good := range map[int]bool{900: true, 1_100: false, 9_000: false} {
		text := `{"format_version":"1.0","values":{},"x":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "} "
		if _, err := plan.Read("p", []byte(text)); (err == nil) != good {
			t.Errorf("%d: %v", deep, err)
		}
		if _, err := plan.Read("p", []byte(text+"{}")); err == nil {
			t.Errorf("%d: nobody looks at what is behind it", deep)
		}
	}
}

// A document with several changes is read in parts, however long: whatever is wrong with
// it is found as in any other, and each change is what its text says.
func TestWhatIsReadOfALongDocumentIsWhatThereIs(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat(" ", 140<<10)
	random := rand.New(rand.NewPCG(7, 8))
	const seed = `{"format_version":"1.2", "x":[[1],{"resource_changes":[2,3]}], "resource_changes" : [{"address":"a","type":"t","change":{"actions":["no-op"],"a":[1,2,"],["]}} ,{"address":"b","type":"t","change":{"actions":["no-op"]}}, {"address":"c","type":"t","change":{"actions":["no-op"],"q":"\\\""}}],"z":{"y":[1,2]}}`
	read := 0
	for range 500 {
		text := []byte(seed)
		for range random.IntN(3) {
			text[random.IntN(len(text))] = "{}[]\",:0123-+.eE\\u ntf\x01\x80"[random.IntN(24)]
		}
		text = bytes.Replace(text, []byte("} ,{"), []byte("}"+pad+",{"), 1)
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var want map[string]any
		valid := json.Valid(text) && d.Decode(&want) == nil
		in, err := plan.Read("p", bytes.Clone(text))
		if err == nil && (!valid || !reflect.DeepEqual(in.Document, want)) {
			t.Fatalf("%s: %v, %v", bytes.ReplaceAll(text, []byte(pad), nil), in.Document, err)
		}
		if err == nil && !slices.EqualFunc(in.Written, changesOf(in), isWritten) && in.Written != nil {
			t.Fatalf("%q is no text of %v", in.Written, in.Document)
		}
		if valid && err == nil && in.Written != nil {
			read++
		}
	}
	if read < 100 {
		t.Errorf("%d were read", read)
	}
}

func changesOf(in policy.Input) []any {
	list, _ := in.Document["resource_changes"].([]any)
	return list
}

func isWritten(text []byte, change any) bool {
	var read any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return d.Decode(&read) == nil && reflect.DeepEqual(read, change)
}

// The last of two lists counts, however its name is written.
func TestTheLastOfTwoListsOfChangesCounts(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat(" ", 140<<10)
	const one, two = `[{"address":"a","type":"t","change":{"actions":["no-op"]}},{"address":"b","type":"t","change":{"actions":["no-op"]}}]`, `[{"address":"c","type":"t","change":{"actions":["no-op"]}}]`
	for _, text := range []string{
		`{"format_version":"1.2","resource_changes":` + pad + one + `,"resource_changes":` + two + `}`,
		`{"format_version":"1.2","resource_changes":` + pad + one + `,"resource\u005fchanges":` + two + `}`,
		`{"format_version":"1.2","x\"resource_changes":` + pad + one + `,"resource_changes":` + two + `}`,
		`{"format_version":"1.2","resource\u005fchanges":` + pad + one + `,"resource_changes":` + two + `}`,
	} {
		in, err := plan.Read("p", []byte(text))
		if list, _ := in.Document["resource_changes"].([]any); err != nil || len(list) != 1 || in.Written != nil {
			t.Errorf("%v, %v, %v", in.Document, in.Written, err)
		}
	}
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }
