package chain

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Options are how an export is checked.
type Options struct {
	// Key is the verifier that is trusted, "" for the first key of the export itself: then
	// heads show that nothing was changed since, but not by whom they were signed.
	Key string
	// Witness are signed heads that somebody has kept elsewhere.
	Witness []string
	// Now is when the export was made, where it is of the whole log up to its end; zero where
	// that is not known.
	Now time.Time
	// Progress is called now and then with the number of the last entry, and may be nil.
	Progress func(last, to int64)
}

// What of the options cannot be used, as opposed to the export.
var (
	ErrKey     = errors.New("the key cannot be trusted")
	ErrWitness = errors.New("the heads of the witness cannot be used")
)

// progressEvery is after how many entries Progress is called.
const progressEvery = 10_000

// Verified is what the check of an export found.
type Verified struct {
	Report

	Tenant string `json:"tenant"`
	// Keys are the ids of the keys that were trusted, the first as it was given.
	Keys []string `json:"keys"`
	// Pinned says that the first key was given, not read from the export.
	Pinned bool `json:"pinned"`
}

// Verify checks an export as it is read. A break is in the report; the error is of what
// could not be read.
func Verify(r io.Reader, o Options) (Verified, error) {
	v := verifying{Options: o}
	err := Lines(r, v.line)
	if v.checker != nil {
		v.checker.settle()
	}
	if errors.Is(err, ErrUnfinished) && v.checker != nil && v.checker.Broken() {
		err = nil
	}
	if v.checker == nil {
		return Verified{}, cmp.Or(err, errors.New("it is no export of an audit log"))
	}
	return Verified{Report: v.checker.Report(), Tenant: v.begin.Tenant, Keys: v.checker.Keys.Known(), Pinned: o.Key != ""}, err
}

type verifying struct {
	Options

	begin   *Begin
	keys    []Key
	checker *Checker
}

func (v *verifying) line(n int, l Line) error {
	switch {
	case l.Error != nil:
		return serverError(l.Error)
	case n == 1 && (l.Begin == nil || l.Begin.Format != Format):
		return errors.New("it is no export of an audit log, or one of a later version")
	case n == 1:
		v.begin = l.Begin
		return nil
	case l.Begin != nil:
		return v.again(n, *l.Begin)
	case l.Key != nil && v.checker == nil:
		v.keys = append(v.keys, *l.Key)
		return nil
	case l.Key != nil: // of a part that was gone on with
		return nil
	}
	if v.checker == nil {
		if err := v.start(); err != nil {
			return err
		}
	}
	return v.checked(l)
}

// again is the begin of a part with which an export was gone on.
func (v *verifying) again(n int, b Begin) error {
	if b.Tenant != v.begin.Tenant {
		return fmt.Errorf("line %d: the rest of the export is of another tenant", n)
	}
	if v.checker != nil {
		v.checker.UpTo(b.To)
	}
	v.begin.To = b.To
	return nil
}

func (v *verifying) start() error {
	trusted := v.Key
	if trusted == "" && len(v.keys) > 0 {
		trusted = v.keys[0].Verifier
	}
	if trusted == "" {
		return errors.New("the export has no key")
	}
	keys, err := Trust(trusted, v.keys)
	if err != nil && v.Key != "" {
		return fmt.Errorf("%w: %w", ErrKey, err)
	}
	if err != nil {
		return err
	}
	v.checker = NewChecker(v.begin.Tenant, v.begin.After, keys)
	v.checker.Now(v.Now)
	v.checker.UpTo(v.begin.To)
	heads := make([]Head, 0, len(v.Witness))
	for i, signed := range v.Witness {
		h, err := keys.Open(signed)
		if err != nil {
			return fmt.Errorf("%w: head %d: %w", ErrWitness, i+1, err)
		}
		if h.Tenant != v.begin.Tenant {
			return fmt.Errorf("%w: head %d is of the tenant %s", ErrWitness, i+1, h.Tenant)
		}
		heads = append(heads, h)
	}
	v.checker.Witness(heads)
	return nil
}

func (v *verifying) checked(l Line) error {
	switch {
	case l.Head != "":
		v.checker.Head(l.Head)
	case l.End != nil:
		v.checker.End(*l.End)
	case l.Entry != nil:
		e, err := l.Read()
		if err != nil {
			return err
		}
		if err := v.checker.Entry(e, l.Entry); err != nil {
			return err
		}
		if v.Progress != nil && e.Seq%progressEvery == 0 {
			v.Progress(e.Seq, v.begin.To)
		}
	}
	return nil
}

func serverError(raw json.RawMessage) error {
	var p struct{ Detail string }
	if err := json.Unmarshal(raw, &p); err != nil || p.Detail == "" {
		return errors.New("the server has ended the export")
	}
	return fmt.Errorf("the server has ended the export: %s", p.Detail)
}
