package state

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// readAtOnce is how much of a state is in memory while it is read, unless one
// instance of a resource is larger.
const readAtOnce = 64 << 10

// block is what the instances of a resource have in common.
type block struct {
	Module, Mode, Type, Name, Provider string
}

func (b block) whole() bool { return b.Mode != "" && b.Type != "" && b.Name != "" && b.Provider != "" }

// visitor takes the instances of a state one by one; raw is its only for the time
// of the call. It ends the walk with an error.
type visitor func(b block, raw json.RawMessage) error

// walk reads a state once, from the beginning to the end, and hands each instance
// of a resource to visit, if there is one. It refuses what is not a whole JSON object.
func walk(r io.Reader, visit visitor) (content, error) {
	w := walker{in: json.NewDecoder(bufio.NewReaderSize(r, readAtOnce)), visit: visit}
	err := w.object(w.top)
	if err == nil {
		err = w.end()
	}
	return w.content, notJSON(err)
}

// notJSON tells what is wrong with a text from what kept it from being read.
func notJSON(err error) error {
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, kind := errors.AsType[*json.UnmarshalTypeError](err)
	_, shape := errors.AsType[*shapeError](err)
	if syntax || kind || shape || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return unusable("the state is not JSON of a state: %v", err)
	}
	return err
}

// shapeError is JSON of another shape than a state's.
type shapeError struct{ want, got any }

// Error says what is there.
func (e *shapeError) Error() string { return fmt.Sprintf("%v in the place of %v", e.got, e.want) }

type walker struct {
	content

	in    *json.Decoder
	visit visitor
}

func (w *walker) top(key string) error {
	switch key {
	case "version":
		return w.in.Decode(&w.Version)
	case "lineage":
		return w.in.Decode(&w.Lineage)
	case "serial":
		var number json.RawMessage
		if err := w.in.Decode(&number); err != nil {
			return err
		}
		w.serial = extent{w.in.InputOffset() - int64(len(number)), w.in.InputOffset()}
		return json.Unmarshal(number, &w.Serial)
	case "resources":
		return w.list(w.resource)
	default:
		return w.skip()
	}
}

// resource reads one resource; its instances are kept only where they come before
// its name.
func (w *walker) resource() error {
	var b block
	var early []json.RawMessage
	err := w.object(func(key string) error {
		into, known := map[string]*string{"module": &b.Module, "mode": &b.Mode, "type": &b.Type, "name": &b.Name, "provider": &b.Provider}[key]
		switch {
		case known:
			return w.in.Decode(into)
		case key != "instances":
			return w.skip()
		}
		return w.instances(&b, &early)
	})
	for _, raw := range early {
		if err == nil {
			err = w.visit(b, raw)
		}
	}
	return err
}

func (w *walker) instances(b *block, early *[]json.RawMessage) error {
	var raw json.RawMessage
	return w.list(func() error {
		if w.visit == nil {
			return w.skip()
		}
		if !b.whole() {
			raw = nil // the next one is kept beside it
		}
		if err := w.in.Decode(&raw); err != nil {
			return err
		}
		if b.whole() {
			return w.visit(*b, raw)
		}
		*early = append(*early, raw)
		return nil
	})
}

// object reads an object, whose values each reads.
func (w *walker) object(each func(key string) error) error {
	if there, err := w.open('{'); !there {
		return err
	}
	if w.start == 0 {
		w.start = w.in.InputOffset()
	}
	for w.in.More() {
		key, err := w.in.Token()
		if err != nil {
			return err
		}
		name, _ := key.(string) // the decoder knows nothing else here
		if err := each(name); err != nil {
			return err
		}
	}
	_, err := w.in.Token()
	return err
}

// list reads an array, whose elements each reads; null is an empty one.
func (w *walker) list(each func() error) error {
	if there, err := w.open('['); !there {
		return err
	}
	for w.in.More() {
		if err := each(); err != nil {
			return err
		}
	}
	_, err := w.in.Token()
	return err
}

func (w *walker) open(want json.Delim) (there bool, err error) {
	got, err := w.in.Token()
	switch {
	case err != nil:
		return false, err
	case got == want:
		return true, nil
	case got == nil && want == '[':
		return false, nil
	default:
		return false, &shapeError{want: want, got: got}
	}
}

// skip reads a value of any kind.
func (w *walker) skip() error { return w.in.Decode(&ignored{}) }

func (w *walker) end() error {
	rest, err := w.in.Token()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	return &shapeError{want: "the end", got: rest}
}

// ignored takes any JSON and keeps nothing of it.
type ignored struct{}

// UnmarshalJSON does nothing.
func (*ignored) UnmarshalJSON([]byte) error { return nil }
