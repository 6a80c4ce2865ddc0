package bounded_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/terrace-idp/terrace/internal/platform/bounded"
)

func TestMoreIsAnError(t *testing.T) {
	t.Parallel()
	more := errors.New("more")
	for text, want := range map[string]error{"": nil, "abc": nil, "abcd": nil, "abcde": more, strings.Repeat("abcd", 9000): more} {
		for _, from := range []io.Reader{strings.NewReader(text), iotest.OneByteReader(strings.NewReader(text)), iotest.DataErrReader(strings.NewReader(text))} {
			r := bounded.Reader(from, 4, more)
			got, err := io.ReadAll(r)
			if !errors.Is(err, want) || string(got) != text[:min(len(text), 4)] {
				t.Errorf("%.10q: %q, %v", text, got, err)
			}
			if _, again := r.Read(make([]byte, 1)); want != nil && !errors.Is(again, want) {
				t.Errorf("%.10q, read once more: %v", text, again)
			}
		}
	}
}
