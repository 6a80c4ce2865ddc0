package seal_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// sealed is plain as a stream.
func sealed(t *testing.T, s *seal.Sealer, plain, place []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := s.Writer(t.Context(), &out, place)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(w, iotest.OneByteReader(bytes.NewReader(plain)))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func opened(t *testing.T, s *seal.Sealer, r io.Reader, place []byte) ([]byte, error) {
	t.Helper()
	plain, err := s.Reader(t.Context(), r, place)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(plain)
}

func TestAStreamOpensWhereItWasSealedFor(t *testing.T) {
	t.Parallel()
	s, place := open(t, seal.Config{URL: keyFile(t)}), []byte("state of orders")
	for name, size := range map[string]int{"empty": 0, "small": 11, "a segment and more": 300 << 10, "several": 1 << 20} {
		plain := bytes.Repeat([]byte("terrace "), size/8+1)[:size]
		text := sealed(t, s, plain, place)
		if got, err := opened(t, s, bytes.NewReader(text), place); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
		if size > 0 && bytes.Contains(text, []byte("terrace ")) {
			t.Errorf("%s is in the clear", name)
		}
		if got, err := opened(t, s, bytes.NewReader(text), []byte("state of bills")); err == nil {
			t.Errorf("%s opened for another place: %d bytes", name, len(got))
		}
		if !bytes.Contains(text, []byte(s.PrimaryKeyID())) || !seal.IsOld(text) {
			t.Errorf("%s does not name its key", name)
		}
	}
}

func TestAStreamThatWasTouchedDoesNotOpen(t *testing.T) {
	t.Parallel()
	s, plain := open(t, seal.Config{URL: keyFile(t)}), bytes.Repeat([]byte("x"), 600<<10)
	text := sealed(t, s, plain, nil)
	for at := 0; at < len(text); at += 1 + len(text)/400 {
		bad := bytes.Clone(text)
		bad[at] ^= 1
		if _, err := opened(t, s, bytes.NewReader(bad), nil); err == nil {
			t.Errorf("opened with byte %d altered", at)
		}
		if _, err := opened(t, s, bytes.NewReader(text[:at]), nil); err == nil {
			t.Errorf("opened when cut at %d", at)
		}
	}
	away := errors.New("the disk is away")
	if _, err := opened(t, s, io.MultiReader(bytes.NewReader(text[:400<<10]), iotest.ErrReader(away)), nil); !errors.Is(err, away) {
		t.Errorf("a disk that is away: %v", err)
	}
}

func TestAReaderOpensWhatWasSealedWhole(t *testing.T) {
	t.Parallel()
	s := open(t, seal.Config{URL: keyFile(t)})
	text, err := s.Seal(t.Context(), []byte("before there were streams"), []byte("place"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := opened(t, s, bytes.NewReader(text), []byte("place")); err != nil || string(got) != "before there were streams" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := opened(t, s, bytes.NewReader(text), []byte("elsewhere")); err == nil {
		t.Error("it opened for another place")
	}
}
