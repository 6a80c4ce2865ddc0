package gateway

import (
	"errors"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Class tells routes, policies and products apart, each with names of its own.
type Class string

// The classes.
const (
	ClassRoute   Class = "route"
	ClassPolicy  Class = "policy"
	ClassProduct Class = "product"
)

// Outcome is what became, or would become, of a document.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Changed   Outcome = "changed"
	Unchanged Outcome = "unchanged"
	Deleted   Outcome = "deleted"
)

// Change is what applying a document did, or would do.
type Change struct {
	Class   Class   `json:"class"`
	Kind    string  `json:"kind"`
	Name    string  `json:"name"`
	Project string  `json:"project,omitempty"`
	Stage   string  `json:"stage,omitempty"`
	Outcome Outcome `json:"outcome"`
	// Note is what there is to know about it besides.
	Note string `json:"note,omitempty"`
	// Warnings are what is probably not meant, each with its place.
	Warnings []kernel.Problem `json:"warnings,omitempty"`
}

func factOf(class Class, verb string) string {
	switch class {
	case ClassRoute:
		return "route." + verb
	case ClassProduct:
		if verb == "deleted" {
			return "gateway-product.deleted"
		}
		return "gateway-product.changed"
	case ClassPolicy:
	}
	return "gateway-policy." + verb
}

func outcome(had, same bool) Outcome {
	switch {
	case !had:
		return Created
	case same:
		return Unchanged
	}
	return Changed
}

// remark adds what there is to know.
func (c *Change) remark(text string) {
	if c.Note != "" {
		text = c.Note + "\n" + text
	}
	c.Note = text
}

// warn adds what is probably not meant with an item, placed as what is wrong with it would be.
func (c *Change) warn(it item, doubts ...kernel.Problem) {
	if len(doubts) == 0 {
		return
	}
	placed := it.placed(kernel.Errorf(kernel.Invalid, "%s %s", it.class, it.name).WithProblems(doubts...))
	if told, ok := errors.AsType[*kernel.Error](placed); ok {
		c.Warnings = append(c.Warnings, told.Problems...)
	}
}
