package state

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// renumbered gives the state of the source with another serial, and all else as it
// is. It is read twice: to find the serial, and to be copied.
func renumbered(from source, serial int64) (io.ReadCloser, error) {
	parsed, err := scan(from)
	if err != nil {
		return nil, err
	}
	raw, err := from()
	if err != nil {
		return nil, err
	}
	place, text := parsed.serial, fmt.Sprint(serial)
	if place == (extent{}) { // it says none, which is 0
		place, text = extent{parsed.start, parsed.start}, fmt.Sprintf("%q:%d,", "serial", serial)
	}
	return &replaced{raw: raw, Reader: io.MultiReader(
		io.LimitReader(raw, place.from), strings.NewReader(text), &without{raw: raw, left: place.to - place.from}, raw)}, nil
}

// scan reads what Terrace knows of a state.
func scan(from source) (content, error) {
	raw, err := from()
	if err != nil {
		return content{}, err
	}
	parsed, err := walk(raw, nil)
	if err := errors.Join(err, raw.Close()); err != nil {
		return content{}, err
	}
	return parsed, parsed.check()
}

type replaced struct {
	io.Reader

	raw io.Closer
}

// Close closes the state that is copied.
func (r *replaced) Close() error { return r.raw.Close() }

// without reads the next bytes of raw, and gives none of them.
type without struct {
	raw  io.Reader
	left int64
}

// Read drops them all.
func (w *without) Read([]byte) (int, error) {
	if _, err := io.CopyN(io.Discard, w.raw, w.left); err != nil {
		return 0, err
	}
	return 0, io.EOF
}
