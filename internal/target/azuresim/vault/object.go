package vault

import (
	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// Object shows what Resource Manager may know of a key, a secret or a certificate, so that roles
// can be given on it: kind is the id's last type. Nil: there is none, or it was deleted.
func Object(c *arm.Context, id arm.ID) *arm.Resource {
	parent := c.Get(id.Parent().String())
	if parent == nil || len(id.Types) == 0 {
		return nil
	}
	kind := id.Types[len(id.Types)-1]
	one := &call{Context: c, vault: parent, kind: kind, name: id.Name()}
	i, err := one.live(kind, id.Name())
	if err != nil || i.at("") == nil {
		return nil
	}
	v := i.at("")
	properties := arm.Object{"attributes": arm.Object{"enabled": v.Enabled, "created": v.Created, "updated": v.Updated}}
	if kind == secrets {
		properties["secretUri"], properties["secretUriWithVersion"] = one.url(secrets, i.Name), one.url(secrets, i.Name, v.ID)
	} else {
		properties["uri"], properties["uriWithVersion"] = one.url(kind, i.Name), one.url(kind, i.Name, v.ID)
	}
	body, _ := arm.Plain(arm.Object{"location": parent.Location(), "tags": v.Tags, "properties": properties}).(arm.Object)
	return &arm.Resource{ID: id, Body: body}
}
