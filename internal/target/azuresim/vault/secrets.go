package vault

import (
	"net/http"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// maxSecret is the longest value of a secret in characters.
const maxSecret = 25600

func getSecret(one *call) (any, error) {
	i, v, err := one.pick()
	if err != nil {
		return nil, err
	}
	if !v.Enabled {
		return nil, forbidden("SecretDisabled", "Operation get is not allowed on a disabled secret.")
	}
	return one.secretBundle(i, v), nil
}

func setSecret(one *call) (any, error) {
	value, is := one.in["value"].(string)
	if !is || len(value) > maxSecret {
		return nil, badParameter("The value of a secret must be a string of at most %d characters.", maxSecret)
	}
	i, err := one.fresh(secrets, one.name)
	if err != nil {
		return nil, err
	}
	if i.Managed {
		return nil, refuse(http.StatusForbidden, "Forbidden", "Operation set is not allowed on a secret that a certificate manages.")
	}
	v := one.newVersion()
	v.Value = value
	v.ContentType, _ = one.in["contentType"].(string)
	i.Versions = append(i.Versions, v)
	return one.secretBundle(i, &v), one.store(secrets, i)
}

func updateSecret(one *call) (any, error) {
	i, v, err := one.pick()
	if err != nil {
		return nil, err
	}
	v.set(one.in, one.Now().Unix())
	if contentType, is := one.in["contentType"].(string); is {
		v.ContentType = contentType
	}
	out := one.secretBundle(i, v)
	delete(out, "value")
	return out, one.store(secrets, i)
}

func (one *call) secretBundle(i *item, v *version) arm.Object {
	out := arm.Object{"id": one.url(secrets, i.Name, v.ID), "value": v.Value, "attributes": one.attributes(v)}
	if v.ContentType != "" {
		out["contentType"] = v.ContentType
	}
	if len(v.Tags) > 0 {
		out["tags"] = v.Tags
	}
	if i.Managed {
		out["managed"], out["kid"] = true, one.url(keys, i.Name, v.ID)
	}
	return out
}
