package yamldoc_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	words := []string{"redis", "dns", "mysql", "kafka-topic"}
	for word, want := range map[string]string{
		"redis": "redis", "rediss": "redis", "dsn": "dns", "Redis": "redis", "mysl": "mysql", "kafkatopic": "kafka-topic",
		"postgres": "", "": "", "mongodb": "", "xyz": "",
	} {
		if got := yamldoc.Nearest(word, words); got != want {
			t.Errorf("%q is taken for %q, want %q", word, got, want)
		}
	}
}

func TestAnyKeepsTypes(t *testing.T) {
	t.Parallel()
	doc, err := yamldoc.Read("d", []byte("a: 1\nb: 1.5\nc: true\nd: ~\ne: [x, 0x10, 1e3]\nf: 2001-01-01\ng: 123456789012345678901\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"a": int64(1), "b": 1.5, "c": true, "d": nil, "e": []any{"x", int64(16), int64(1000)}, "f": "2001-01-01", "g": 123456789012345678901.0,
	}
	if diff := cmp.Diff(want, doc.Root().Any(nil)); diff != "" {
		t.Error(diff)
	}
}

func TestInsideFindsThePlaceInTheFile(t *testing.T) {
	t.Parallel()
	src := "plain: ab ${x}\nüñ: {q: 'ä ${x}'}\nblock: |\n  one ${x}\n  two ${y} ${x}\n"
	doc, err := yamldoc.Read("d", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	root := doc.Root().Open()
	plain, _ := root.Get("plain")
	block, _ := root.Get("block")
	nested, _ := root.Get("üñ")
	quoted, _ := nested.Open().Get("q")
	cases := map[string]struct{ got, want yamldoc.Position }{
		"plain":        {plain.Inside(3, 7), yamldoc.Position{Line: 1, Column: 11}},
		"quoted":       {quoted.Inside(3, 7), yamldoc.Position{Line: 2, Column: 12}},
		"first line":   {block.Inside(4, 8), yamldoc.Position{Line: 4, Column: 7}},
		"second of it": {block.Inside(18, 22), yamldoc.Position{Line: 5, Column: 12}},
	}
	for name, c := range cases {
		if c.got != c.want {
			t.Errorf("%s is at %v, want %v", name, c.got, c.want)
		}
	}
}

func TestProblemsComeInOrderAndOnce(t *testing.T) {
	t.Parallel()
	doc, err := yamldoc.Read("d", []byte("a: 1\nb: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	if doc.Err("fine") != nil {
		t.Fatal("no problem is no error")
	}
	o := doc.Root().Object("a", "b")
	for _, key := range []string{"b", "a", "b"} {
		v, _ := o.Get(key)
		v.String()
	}
	e, ok := errors.AsType[*kernel.Error](doc.Err("wrong"))
	if !ok || len(e.Problems) != 2 || e.Problems[0].Path != "a" || e.Problems[1].Path != "b" {
		t.Errorf("got %v", e)
	}
}

func TestOnlyUTF8IsRead(t *testing.T) {
	t.Parallel()
	for name, src := range map[string]string{"UTF-16 with its mark": "\xff\xfea\x00:\x00 \x001\x00", "Latin-1": "a: \xe9"} {
		_, err := yamldoc.Read("d", []byte(src))
		if e, ok := errors.AsType[*kernel.Error](err); !ok || e.Kind != kernel.Invalid || len(e.Problems) != 1 || e.Problems[0].Fix != "save the file as text in UTF-8" {
			t.Errorf("%s: %+v", name, err)
		}
	}
	if _, err := yamldoc.Read("d", []byte("\xef\xbb\xbfa: 1")); err != nil {
		t.Errorf("UTF-8 with its mark: %v", err)
	}
}
