package conceal

import "io"

// Stream cuts values out of a text that comes in pieces, wherever it is broken. It
// keeps back what may be the beginning of a value, some KiB at most.
type Stream struct {
	index *index
	with  []byte
	to    io.Writer
	// held is what was not passed on, of which the first bytes belong to a value in
	// whose place something has been passed on already.
	held    []byte
	covered int
}

// Stream returns a writer that passes on to another one what it is given, with in the
// place of each value of now.
func (v *Values) Stream(to io.Writer, with string) *Stream {
	s := &Stream{with: []byte(with), to: to}
	if !v.Empty() {
		s.index = v.index()
	}
	return s
}

// Write implements io.Writer.
func (s *Stream) Write(piece []byte) (int, error) {
	if s.index == nil {
		return s.to.Write(piece)
	}
	s.held = append(s.held, piece...)
	text := string(s.held)
	return len(piece), s.pass(text, s.index.settled(text))
}

// Close passes on what was kept back, and closes what it is passed on to where that
// can be. More may be written after it, which is another text.
func (s *Stream) Close() error {
	var err error
	if s.index != nil {
		text := string(s.held)
		err = s.pass(text, len(text))
		s.covered = 0
	}
	if c, ok := s.to.(io.Closer); ok {
		if closing := c.Close(); err == nil {
			err = closing
		}
	}
	return err
}

// pass passes on what of the text that is held comes before a position.
func (s *Stream) pass(text string, before int) error {
	var out []byte
	done := s.covered // up to there all is in out, or covered
	s.index.each(text, func(found span) bool {
		if found.from >= before {
			return false
		}
		if found.from >= s.covered { // else it goes on with what is covered
			out = append(append(out, text[done:found.from]...), s.with...)
		}
		done = max(done, found.to)
		return true
	})
	if done < before {
		out, done = append(out, text[done:before]...), before
	}
	s.held, s.covered = append(s.held[:0], text[before:]...), done-before
	if len(out) == 0 {
		return nil
	}
	_, err := s.to.Write(out)
	return err
}
