package drift

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/terrace-idp/terrace/internal/delivery/stage"
)

// longest is how long a value of an attribute may be that is shown, in bytes of
// JSON; of a longer one there is its size alone.
const longest = 2048

// finder turns plans into findings.
type finder struct {
	rules []stage.DriftRule
	key   []byte
}

// find returns what was changed outside, the worst first. Noise is left out,
// and so is what a rule calls none.
func (f finder) find(outside *tfjson.Plan) []Drift {
	var all []Drift
	if outside == nil {
		return nil
	}
	for _, rc := range outside.ResourceDrift {
		if rc == nil || rc.Change == nil || rc.Mode == tfjson.DataResourceMode {
			continue
		}
		if d, ok := f.one(rc); ok {
			all = append(all, d)
		}
	}
	slices.SortFunc(all, func(a, b Drift) int {
		return cmp.Or(cmp.Compare(a.Severity.Rank(), b.Severity.Rank()), cmp.Compare(a.Address, b.Address))
	})
	return all
}

func (f finder) one(rc *tfjson.ResourceChange) (d Drift, ok bool) {
	d = Drift{Address: rc.Address, Type: rc.Type, Action: stage.DriftChanged, Next: NextUnknown}
	before, _ := rc.Change.Before.(map[string]any)
	d.ResourceID, _ = before["id"].(string)
	if rc.Change.Actions.Delete() {
		d.Action = stage.DriftDeleted
		d.Severity, d.Rule = grade(f.rules, rc.Type, rc.Address, "", d.Action)
		return d, d.Severity != stage.SeverityNone
	}
	for _, one := range differences(rc.Change) {
		a := Attribute{Path: one.Path, Sensitive: one.Sensitive, Next: NextUnknown, Mark: mark(f.key, d.Address, one.Path, one.After)}
		if a.Severity, a.Rule = grade(f.rules, rc.Type, rc.Address, one.Path, d.Action); a.Severity == stage.SeverityNone {
			continue
		}
		if !one.Sensitive {
			a.Before, a.After = shown(one.Before), shown(one.After)
		}
		d.Attributes = append(d.Attributes, a)
	}
	d.worst()
	return d, len(d.Attributes) > 0
}

// mark tells values apart without telling them: not even the digest of a short
// secret may be tried out.
func mark(key []byte, address, path string, value any) string {
	raw, _ := json.Marshal(value) // it was read as JSON
	h := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(h, "%s\x00%s\x00%s", address, path, raw) // a hash never fails
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// shown is the value as JSON; nil for none.
func shown(v any) json.RawMessage {
	if v == nil {
		return nil
	}
	raw, _ := json.Marshal(v) // it was read as JSON
	if len(raw) > longest {
		raw, _ = json.Marshal(fmt.Sprintf("%d bytes of JSON", len(raw)))
	}
	return raw
}

// Trifling reports that what was changed of a resource outside says nothing, or
// nothing that the stage wants to know.
func Trifling(st stage.Stage, rc *tfjson.ResourceChange) bool {
	if rc == nil || rc.Change == nil || rc.Mode == tfjson.DataResourceMode {
		return true
	}
	_, found := finder{rules: slices.Concat(st.Drift.Rules, Rules())}.one(rc)
	return !found
}
