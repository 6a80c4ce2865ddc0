package planjson

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	fastjson "github.com/segmentio/encoding/json"

	"github.com/terrace-idp/terrace/internal/platform/jsonscan"
)

// deepest is how deep a value may be for the faster decoder, which has no bound of its
// own; encoding/json has one, and takes what is deeper.
const deepest = 1_000

var errShape = errors.New("it has another shape")

// scanner goes through JSON value by value. Of what it skips nothing is in memory; what
// it takes is decoded at once.
type scanner struct {
	in *bufio.Reader
	// value is what was taken last, valid until the next one, and deep how deep it is.
	value []byte
	deep  int
	// numbers keeps numbers as they are written.
	numbers bool
}

func newScanner(r io.Reader) scanner { return scanner{in: bufio.NewReaderSize(r, readAtOnce)} }

// next returns the first byte that is no space, and leaves it there.
func (s *scanner) next() (byte, error) {
	for {
		b, err := s.in.ReadByte()
		if err != nil {
			return 0, ended(err)
		}
		switch b {
		case ' ', '\t', '\r', '\n':
		default:
			return b, s.in.UnreadByte()
		}
	}
}

// ended says that the text ends too early.
func ended(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// expect takes the byte.
func (s *scanner) expect(want byte) error {
	got, err := s.next()
	if err == nil && got != want {
		err = errShape
	}
	if err == nil {
		_, err = s.in.Discard(1)
	}
	return err
}

// more reports whether there is another member or element; it takes what is between
// them, and the end.
func (s *scanner) more(first bool, end byte) (bool, error) {
	b, err := s.next()
	if err != nil {
		return false, err
	}
	if b == end {
		return false, s.expect(end)
	}
	if first {
		return true, nil
	}
	return true, s.expect(',')
}

// take reads a value.
func (s *scanner) take() error {
	s.value = s.value[:0]
	return s.pass(func(part []byte) { s.value = append(s.value, part...) })
}

// skip goes over a value.
func (s *scanner) skip() error { return s.pass(func([]byte) {}) }

// pass hands the parts of a value to use.
func (s *scanner) pass(use func(part []byte)) error {
	if _, err := s.next(); err != nil {
		return err
	}
	var at jsonscan.Value
	for length := 0; ; {
		if _, err := s.in.Peek(1); err != nil {
			return ended(err)
		}
		part, err := s.in.Peek(s.in.Buffered())
		if err != nil {
			return err
		}
		n, done := at.Through(part)
		use(part[:n])
		if _, err := s.in.Discard(n); err != nil {
			return err
		}
		if length += n; done && length == 0 {
			return errShape
		}
		if done {
			s.deep = at.Most
			return nil
		}
	}
}

// into decodes the value that was taken.
func (s *scanner) into(v any) error {
	if s.deep > deepest {
		d := json.NewDecoder(bytes.NewReader(s.value))
		if s.numbers {
			d.UseNumber()
		}
		return d.Decode(v)
	}
	var flags fastjson.ParseFlags
	if s.numbers {
		flags = fastjson.UseNumber
	}
	rest, err := fastjson.Parse(s.value, v, flags)
	if err == nil && len(bytes.TrimSpace(rest)) > 0 {
		err = errShape
	}
	return err
}

// decode takes a value and decodes it.
func (s *scanner) decode(v any) error {
	if err := s.take(); err != nil {
		return err
	}
	return s.into(v)
}

// object hands the name of each member to each, which reads its value.
func (s *scanner) object(each func(name string) error) error {
	if err := s.expect('{'); err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	for first := true; ; first = false {
		more, err := s.more(first, '}')
		if err != nil || !more {
			return err
		}
		var name string
		if err := errors.Join(s.decode(&name), s.expect(':')); err != nil {
			return fmt.Errorf("read the plan: %w", err)
		}
		if err := each(name); err != nil {
			return err
		}
	}
}

// each calls one for each element of a list, which reads it.
func (s *scanner) each(one func() error) error {
	if err := s.expect('['); err != nil {
		return fmt.Errorf("read the plan: %w", err)
	}
	for first := true; ; first = false {
		more, err := s.more(first, ']')
		if err != nil || !more {
			return err
		}
		if err := one(); err != nil {
			return err
		}
	}
}
