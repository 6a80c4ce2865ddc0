package kubernetes

import (
	"context"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/target/kubernetes/manifest"
)

// Unknown stands in a previewed declaration for what is known only after the apply.
const Unknown = manifest.Unknown

// maxDiff bounds the diff of one file, in bytes.
const maxDiff = 64 << 10

// FileChange is what an apply would do to one file of the repository.
type FileChange struct {
	Path string
	// Change is added, changed or removed.
	Change string
	// Diff is in the unified format.
	Diff string
}

// Preview tells what an apply of the declaration would change in the
// repository, and refuses one that cannot be applied. A nil declaration is a removal.
func (s *Service) Preview(ctx context.Context, scope kernel.Scope, workload string, raw json.RawMessage) ([]FileChange, error) {
	h, err := s.home(scope, workload)
	if err != nil {
		return nil, err
	}
	want := map[string][]byte{}
	if raw != nil {
		if want, err = s.previewed(h, raw); err != nil {
			return nil, err
		}
	}
	have, err := h.read(ctx)
	if err != nil {
		return nil, err
	}
	differ, err := h.differing(want, have, raw == nil, s.meshed(ctx, h))
	if err != nil {
		return nil, err
	}
	changes := []FileChange{}
	for _, name := range differ {
		c, err := fileChange(name, have, want)
		if err != nil {
			return nil, err
		}
		changes = append(changes, c)
	}
	return changes, nil
}

// previewed renders a declaration; one that has values to come is not checked
// against schemas, which know no such values.
func (s *Service) previewed(h home, raw json.RawMessage) (map[string][]byte, error) {
	spec, err := decode(raw)
	if err != nil {
		return nil, err
	}
	render := s.render
	if manifest.HasUnknown(raw) {
		render = func(h home, spec manifest.Spec) ([]manifest.Object, error) { return manifest.Render(h.place, spec) }
	}
	objects, err := render(h, spec)
	if err != nil {
		return nil, err
	}
	return h.files(objects)
}

func fileChange(name string, have, want map[string][]byte) (FileChange, error) {
	before, was := have[name]
	after := want[name]
	c := FileChange{Path: name, Change: "changed"}
	from, to := path.Join("a", name), path.Join("b", name)
	switch {
	case !was:
		c.Change, from = "added", "/dev/null"
	case after == nil:
		c.Change, to = "removed", "/dev/null"
	}
	var err error
	c.Diff, err = difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: lines(before), B: lines(after), FromFile: from, ToFile: to, Context: 3,
	})
	c.Diff = bounded(c.Diff)
	return c, err
}

// bounded cuts a diff that is too long, at the end of a line.
func bounded(diff string) string {
	if len(diff) <= maxDiff {
		return diff
	}
	diff = strings.ToValidUTF8(diff[:maxDiff], "")
	return diff[:max(strings.LastIndexByte(diff, '\n'), 0)] + "\n… the rest of this diff is too long to show\n"
}

// lines splits content into its lines, each with its end.
func lines(content []byte) []string {
	return slices.Collect(strings.Lines(string(content)))
}
