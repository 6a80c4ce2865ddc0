package kinds

import (
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

const diskEncryptionType = "Microsoft.Compute/diskEncryptionSets"

// computeKinds are disk encryption sets, in Microsoft.Compute.
func computeKinds() []arm.Kind {
	return []arm.Kind{{
		Type: diskEncryptionType, Located: true, Async: arm.Async{Put: arm.ByOperation, Patch: arm.ByOperation, Delete: arm.ByOperation},
		Name:     arm.NameRule{Pattern: `^[A-Za-z0-9_][A-Za-z0-9_.-]*$`, Max: 80},
		Required: []string{"properties.activeKey.keyUrl", "identity.type"}, Immutable: []string{"properties.encryptionType"},
		ReadOnly: []string{"properties.previousKeys", "properties.lastKeyRotationTimestamp"},
		Default: func(_ *arm.Context, r *arm.Resource) {
			r.Default("properties.encryptionType", "EncryptionAtRestWithCustomerKey")
			r.Default("properties.rotationToLatestKeyVersionEnabled", false)
			r.Default("properties.previousKeys", []any{})
		},
		Check: func(_ *arm.Context, r, _ *arm.Resource) error {
			if !strings.Contains(r.Str("properties.activeKey.keyUrl"), "/keys/") {
				return arm.BadRequest("InvalidParameter", "The url '%s' is none of a key.", r.Str("properties.activeKey.keyUrl"))
			}
			return nil
		},
		Deletable: func(c *arm.Context, r *arm.Resource) error {
			if users := c.Users(r.ID.String()); len(users) > 0 {
				return arm.Conflict("OperationNotAllowed", "The disk encryption set %s is used by %s.", r.Name(), users[0].ID)
			}
			return nil
		},
	}}
}
