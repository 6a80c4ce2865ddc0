package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

const text = `{"a\"[": [1, {"b": "x\\"}, "}", -2.5e1], "c" :null, "":[[[]]], "c": {"d":[true, 7 ]}}`

// Where a value ends is found however its text comes in parts.
func TestAValueEndsWhereItEnds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for _, value := range []string{text, `"a\\\"b"`, `"\\"`, `12`, `null`, `[]`, `[{"a":"]"}]`} {
		for _, behind := range []string{",1", "}", " ]", ": x", "\n"} {
			for range 50 {
				var v jsonscan.Value
				rest, length, done := []byte(value+behind), 0, false
				for len(rest) > 0 && !done {
					n := 1 + random.IntN(min(5, len(rest)))
					var took int
					took, done = v.Through(rest[:n])
					length, rest = length+took, rest[took:]
				}
				if !done || length != len(value) {
					t.Fatalf("%s is %d long, with %q behind it: %v", value, length, behind, done)
				}
			}
		}
	}
}

func TestDepthCountsOutsideOfTexts(t *testing.T) {
	t.Parallel()
	if at := jsonscan.Deeper([]byte(text), 2); at != strings.Index(text, `{"b"`) {
		t.Errorf("deeper than 2 at %d", at)
	}
	if at := jsonscan.Deeper([]byte(text), 4); at != -1 {
		t.Errorf("deeper than 4 at %d", at)
	}
}

func TestValuesAreFoundByTheirPath(t *testing.T) {
	t.Parallel()
	indented := new(bytes.Buffer)
	if err := json.Indent(indented, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	for _, in := range []string{text, "\n " + indented.String()} {
		for _, c := range []struct {
			path []any
			want string
		}{
			{nil, "{"},
			{[]any{`a"[`, 0}, "1,"},
			{[]any{`a"[`, 1, "b"}, `"x\\"`},
			{[]any{`a"[`, 3}, "-2.5e1"},
			{[]any{"c"}, `{`},
			{[]any{"c", "d", 1}, "7"},
			{[]any{"", 0, 0}, "[]"},
			{[]any{"c", "none", "more"}, "{"},
			{[]any{`a"[`, 9}, "["},
			{[]any{`a"[`, "0"}, "["},
		} {
			if at := jsonscan.Find([]byte(in), c.path...); !strings.HasPrefix(in[at:], c.want) {
				t.Errorf("at %v there is %.20q, want %s", c.path, in[at:], c.want)
			}
		}
	}
}

// Whatever is no JSON ends, too.
func TestWhatIsNoJSONEnds(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		broken := []byte(text)[:random.IntN(len(text)+1)]
		for range min(3, len(broken)) {
			broken = bytes.Clone(broken)
			broken[random.IntN(len(broken))] = "{}[]\",:0 \\"[random.IntN(10)]
		}
		if at := jsonscan.Find(broken, "c", "d", 1); at < 0 || at > len(broken) {
			t.Fatalf("%q: %d", broken, at)
		}
		jsonscan.Deeper(broken, 1)
		jsonscan.Position(broken, 100)
	}
}

func TestPlacesCountFromOne(t *testing.T) {
	t.Parallel()
	for at, want := range map[int][2]int{-1: {1, 1}, 0: {1, 1}, 2: {1, 3}, 3: {2, 1}, 5: {3, 1}, 99: {3, 3}} {
		if line, column := jsonscan.Position([]byte("ab\nc\nde"), at); line != want[0] || column != want[1] {
			t.Errorf("%d is at %d:%d", at, line, column)
		}
	}
}
