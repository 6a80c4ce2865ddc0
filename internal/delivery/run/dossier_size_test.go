package run

import (
	"strings"
	"testing"

	"github.com/terrace-idp/terrace/internal/kernel"
)

func TestADossierThatNobodyCanReadIsRefused(t *testing.T) {
	t.Parallel()
	d := Dossier{Plan: PlanView{Changes: []ResourceChange{{Values: []ValueChange{{After: strings.Repeat("x", 1<<20)}}}}}}
	if _, err := d.sealedAs(); err != nil {
		t.Errorf("one of a megabyte: %v", err)
	}
	for range maxDossier >> 20 {
		d.Plan.Changes = append(d.Plan.Changes, d.Plan.Changes[0])
	}
	if _, err := d.sealedAs(); !kernel.Is(err, kernel.TooLarge) {
		t.Errorf("%v, want it refused as too large", err)
	}
}
