package run

import (
	"encoding/json"
	"fmt"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/jsondiff"
)

// longValue is the length from which a dossier names a text by its digest.
const longValue = 2048

// changesOf tells which values of a resource or output change. A value that
// terraform marks sensitive is named, never shown.
func changesOf(c *tfjson.Change) []ValueChange {
	walk := jsondiff.Walk{Unknown: c.AfterUnknown, SensitiveBefore: c.BeforeSensitive, SensitiveAfter: c.AfterSensitive}
	return valueChanges(walk.Differences(c.Before, c.After), c.ReplacePaths)
}

// diffJSON tells which values of two documents differ.
func diffJSON(before, after json.RawMessage) ([]ValueChange, error) {
	var a, b any
	for _, side := range []struct {
		src json.RawMessage
		dst *any
	}{{before, &a}, {after, &b}} {
		if len(side.src) == 0 {
			continue
		}
		if err := json.Unmarshal(side.src, side.dst); err != nil {
			return nil, fmt.Errorf("compare workloads: %w", err)
		}
	}
	return valueChanges(jsondiff.Walk{}.Differences(a, b), nil), nil
}

// valueChanges are differences as a dossier tells them, with the places that make
// terraform replace the resource.
func valueChanges(all []jsondiff.Difference, replace []any) []ValueChange {
	changes := make([]ValueChange, 0, len(all))
	for _, d := range all {
		c := ValueChange{Path: d.Path, Unknown: d.Unknown, Sensitive: d.Sensitive, ForcesReplace: forces(replace, d.Keys)}
		if !d.Sensitive {
			c.Before = show(d.Before)
		}
		if !d.Sensitive && !d.Unknown {
			c.After = show(d.After)
		}
		changes = append(changes, c)
	}
	return changes
}

// forces reports whether the value at keys makes terraform replace the resource.
func forces(replace []any, keys []any) bool {
	return slices.ContainsFunc(replace, func(p any) bool {
		path, ok := p.([]any)
		return ok && len(path) <= len(keys) && fmt.Sprint(path) == fmt.Sprint(keys[:len(path)])
	})
}

// show shortens a long text to its digest.
func show(v any) any {
	text, ok := v.(string)
	if !ok || len(text) <= longValue {
		return v
	}
	return fmt.Sprintf("%d bytes, %s", len(text), kernel.DigestOf([]byte(text)))
}
