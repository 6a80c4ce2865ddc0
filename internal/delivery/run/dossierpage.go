package run

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// The bounds of a dossier and of what of it is answered at once.
const (
	// maxDossier bounds a dossier as it is kept, in bytes of JSON. A plan whose
	// dossier is larger cannot be read by anybody, and fails.
	maxDossier = 64 << 20
	// DossierPageSize is how many changes of resources a page has unless it is
	// asked for another number, MaxDossierPage the most.
	DossierPageSize = 200
	MaxDossierPage  = 1000
	// maxPageBytes ends a page early, maxPageValues and maxPageDiff cut a change
	// of one resource and of one file.
	maxPageBytes  = 1 << 20
	maxPageValues = 100
	maxPageDiff   = 32 << 10
	// maxPageList cuts the other lists of a dossier.
	maxPageList = 500
	// maxProblems cuts what a gate has to say about a plan.
	maxProblems = 100
)

// DossierPage is a dossier with a part of its changes. It is short of the
// dossier that the digest is of where Next or Omitted say so; DossierContent is
// all of that.
type DossierPage struct {
	Digest  kernel.Digest `json:"digest"`
	Dossier Dossier       `json:"dossier"`
	// Changes is how many changes of resources the dossier has.
	Changes int `json:"changes"`
	// Size is the dossier's, in bytes of JSON.
	Size int `json:"size"`
	// Next is the cursor of the next page, "" on the last.
	Next string `json:"next,omitempty"`
	// Omitted counts what is left out of the other lists, and of single changes.
	Omitted int `json:"omitted,omitempty"`
}

// DossierPage returns the current dossier of a run with the changes from the
// cursor on. Each page but the first has the changes alone.
func (s *Service) DossierPage(ctx context.Context, scope kernel.Scope, id string, page kernel.PageRequest) (DossierPage, error) {
	raw, digest, err := s.DossierContent(ctx, scope, id)
	if err != nil {
		return DossierPage{}, err
	}
	var d Dossier
	if err := json.Unmarshal(raw, &d); err != nil {
		return DossierPage{}, fmt.Errorf("read dossier: %w", err)
	}
	return pageOf(d, digest, len(raw), page)
}

// DossierContent returns the bytes that the digest of a run's current dossier
// is of.
func (s *Service) DossierContent(ctx context.Context, scope kernel.Scope, id string) ([]byte, kernel.Digest, error) {
	digest, err := s.dossierOf(ctx, scope, id)
	if err != nil {
		return nil, "", err
	}
	raw, err := s.Store.DossierContent(ctx, scope, id, digest)
	if err == nil && kernel.DigestOf(raw) != digest {
		return nil, "", kernel.Errorf(kernel.Internal, "the dossier that is kept for %s is not the one with the digest %s", id, digest.Short())
	}
	return raw, digest, err
}

func pageOf(d Dossier, digest kernel.Digest, size int, page kernel.PageRequest) (DossierPage, error) {
	all := d.Plan.Changes
	from, err := cursor(page.Cursor, len(all))
	if err != nil {
		return DossierPage{}, err
	}
	p := DossierPage{Digest: digest, Dossier: d, Changes: len(all), Size: size}
	if from > 0 {
		p.Dossier.Spec, p.Dossier.Graph, p.Dossier.Gates = []ValueChange{}, []NodeChange{}, []GateResult{}
		p.Dossier.Plan.Outputs, p.Dossier.Plan.Files = []ValueChange{}, nil
	}
	p.Dossier.Spec = cut(p.Dossier.Spec, maxPageList, &p.Omitted)
	p.Dossier.Graph = cut(p.Dossier.Graph, maxPageList, &p.Omitted)
	p.Dossier.Plan.Outputs = cut(p.Dossier.Plan.Outputs, maxPageList, &p.Omitted)
	p.Dossier.Plan.Files = p.files()
	limit := page.Limit
	if limit <= 0 {
		limit = DossierPageSize
	}
	end, err := p.changes(all, from, min(limit, MaxDossierPage))
	if end < len(all) {
		p.Next = strconv.Itoa(end)
	}
	return p, err
}

func cursor(text string, changes int) (int, error) {
	if text == "" {
		return 0, nil
	}
	from, err := strconv.Atoi(text)
	if err != nil || from < 0 || from > changes {
		return 0, kernel.Errorf(kernel.Invalid, "%q is no cursor of this dossier", text).WithFix("use the next of the page before")
	}
	return from, nil
}

// changes fills the page with changes from an index on, and returns the index
// after them.
func (p *DossierPage) changes(all []ResourceChange, from, limit int) (end int, err error) {
	p.Dossier.Plan.Changes = []ResourceChange{}
	bytes := 0
	for end = from; end < len(all) && end-from < limit; end++ {
		c := all[end]
		c.Values = cut(c.Values, maxPageValues, &c.Omitted)
		p.Omitted += c.Omitted
		raw, err := json.Marshal(c)
		if err != nil {
			return end, fmt.Errorf("write a page: %w", err)
		}
		if bytes += len(raw); bytes > maxPageBytes && end > from {
			return end, nil
		}
		p.Dossier.Plan.Changes = append(p.Dossier.Plan.Changes, c)
	}
	return end, nil
}

// files cuts long diffs, and the list where it is long.
func (p *DossierPage) files() []FileChange {
	files, bytes := []FileChange(nil), 0
	for i, f := range p.Dossier.Plan.Files {
		if bytes > maxPageBytes || i == maxPageList {
			p.Omitted += len(p.Dossier.Plan.Files) - i
			break
		}
		if len(f.Diff) > maxPageDiff {
			f.Diff = f.Diff[:maxPageDiff] + "\n… cut here\n"
			p.Omitted++
		}
		bytes += len(f.Diff)
		files = append(files, f)
	}
	return files
}

func cut[T any](list []T, most int, omitted *int) []T {
	if len(list) <= most {
		return list
	}
	*omitted += len(list) - most
	return list[:most:most]
}

// bounded leaves of a gate's problems what a person can read.
func bounded(r GateResult) GateResult {
	if more := len(r.Problems) - maxProblems; more > 0 {
		r.Problems = append(r.Problems[:maxProblems:maxProblems], kernel.Problem{Message: fmt.Sprintf("and %d more like these", more)})
	}
	if more := len(r.Findings) - maxFindings; more > 0 {
		r.rest = r.Findings[maxFindings:]
		r.Findings = append(r.Findings[:maxFindings:maxFindings], Finding{Rule: r.Gate, Outcome: "violation", Level: string(r.Level), Message: fmt.Sprintf("and %d more like these", more)})
	}
	return r
}

// maxFindings bounds what a dossier has of one gate.
const maxFindings = 200

// sealedAs returns the digest of the dossier, and refuses one that is too large.
func (d Dossier) sealedAs() (kernel.Digest, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	if len(raw) > maxDossier {
		return "", kernel.Errorf(kernel.TooLarge, "the plan has %d changes, and what an approver would have to read of it is %d MB; %d MB is the most",
			len(d.Plan.Changes), len(raw)>>20, maxDossier>>20).WithFix("split the workload, or bring the change in steps")
	}
	return kernel.DigestOf(raw), nil
}
