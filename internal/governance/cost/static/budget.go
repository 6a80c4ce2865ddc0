package static

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// errTooLong ends an evaluation that takes more than its time.
var errTooLong = errors.New("the evaluation takes too long")

// budget is what an evaluation may still take. Once it has failed nothing is
// evaluated any more.
type budget struct {
	ctx context.Context //nolint:containedctx // functions and loops of HCL are handed none
	// at is the expression that is evaluated; another goroutine tells of it.
	at         atomic.Pointer[hcl.Range]
	work, text int
	// turns are those of loops and templates.
	turns int
	// steps is how many expressions wait for one that they name.
	steps  int
	failed error
}

// fail keeps the first error, with the place of what is evaluated.
func (b *budget) fail(message, fix string) error {
	if b.failed == nil {
		b.failed = refused(b.place(), message, fix)
	}
	return b.failed
}

func (b *budget) place() hcl.Range {
	if at := b.at.Load(); at != nil {
		return *at
	}
	return hcl.Range{}
}

func refused(at hcl.Range, message, fix string) error {
	return kernel.Errorf(kernel.Invalid, "the configuration is more than Terrace evaluates").WithProblems(kernel.Problem{
		File: at.Filename, Line: at.Start.Line, Column: at.Start.Column, Message: message, Fix: fix,
	})
}

// stop tells whether evaluation has to end.
func (b *budget) stop() error {
	if b.failed == nil && b.ctx.Err() != nil {
		b.failed = b.ended()
	}
	return b.failed
}

// turn counts a turn of a loop.
func (b *budget) turn() error {
	if b.turns++; b.turns > maxTurns {
		return b.fail(fmt.Sprintf("loops and templates have more than %d turns", maxTurns), smaller)
	}
	return b.stop()
}

// ended is why the context ended. It may be called beside the evaluation.
func (b *budget) ended() error {
	if errors.Is(context.Cause(b.ctx), errTooLong) {
		return refused(b.place(), "the configuration takes longer to evaluate than it may", "Make it smaller, or estimate the plan with --plan.")
	}
	return b.ctx.Err()
}

// charge takes a value into account.
func (b *budget) charge(v cty.Value) error {
	if err := b.stop(); err != nil {
		return err
	}
	s, err := b.measure(v)
	if err != nil {
		return err
	}
	b.work += s.elements
	b.text += s.text
	switch {
	case b.work > maxWork:
		return b.fail(fmt.Sprintf("all values together have more than %d elements", maxWork), smaller)
	case b.text > maxAllText:
		return b.fail(fmt.Sprintf("all values together have more than %d MiB of text", maxAllText>>20), smaller)
	}
	return nil
}

const smaller = "Make the lists and texts smaller, or estimate the plan with --plan."

// size is how large values are.
type size struct{ elements, text int }

// measure counts values, and ends where they are too large.
func (b *budget) measure(values ...cty.Value) (size, error) {
	var s size
	for _, v := range values {
		if what := s.add(v, 0); what != "" {
			return s, b.fail(what, smaller)
		}
	}
	return s, nil
}

// add counts a value and tells what is too large of it, "" if nothing is.
func (s *size) add(v cty.Value, depth int) string {
	s.elements++
	switch {
	case s.elements > maxElements:
		return fmt.Sprintf("the value has more than %d elements", maxElements)
	case depth > maxDepth:
		return fmt.Sprintf("the value is nested deeper than %d levels", maxDepth)
	}
	v, _ = v.Unmark()
	if !v.IsKnown() || v.IsNull() {
		return ""
	}
	switch t := v.Type(); {
	case t == cty.String:
		if s.text += len(v.AsString()); s.text > maxText {
			return fmt.Sprintf("the value has more than %d MiB of text", maxText>>20)
		}
	case t == cty.Number:
		if n := v.AsBigFloat(); !n.IsInf() && max(n.MantExp(nil), -n.MantExp(nil)) > maxBits {
			return "the number is too large or too small to calculate with"
		}
	case v.CanIterateElements():
		return s.inner(v, depth)
	}
	return ""
}

func (s *size) inner(v cty.Value, depth int) string {
	if s.elements+v.LengthInt() > maxElements {
		return fmt.Sprintf("the value has more than %d elements", maxElements)
	}
	for it := v.ElementIterator(); it.Next(); {
		_, element := it.Element()
		if what := s.add(element, depth+1); what != "" {
			return what
		}
	}
	return ""
}
