package vault

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/terrace-idp/terrace/internal/target/azuresim/arm"
)

// item is one key, secret or certificate with all its versions.
type item struct {
	Name     string    `json:"name"`
	Versions []version `json:"versions"`
	// Managed keys and secrets are a certificate's.
	Managed bool `json:"managed,omitempty"`
	// Policy is a key's rotation policy or a certificate's policy.
	Policy  arm.Object `json:"policy,omitempty"`
	Pending *pending   `json:"pending,omitempty"`
	// Deleted and Purged are Unix times of a soft deletion and of its end.
	Deleted int64 `json:"deleted,omitempty"`
	Purged  int64 `json:"purged,omitempty"`
}

// version is one version of an item.
type version struct {
	ID          string         `json:"id"`
	Enabled     bool           `json:"enabled"`
	NotBefore   int64          `json:"nbf,omitempty"`
	Expires     int64          `json:"exp,omitempty"`
	Created     int64          `json:"created"`
	Updated     int64          `json:"updated"`
	Tags        map[string]any `json:"tags,omitempty"`
	ContentType string         `json:"contentType,omitempty"`
	// Value is a secret's.
	Value string `json:"value,omitempty"`
	// Key is a key's, with its operations; Release its policy.
	Key     *material  `json:"key,omitempty"`
	Release arm.Object `json:"release,omitempty"`
	// Certificate is in DER.
	Certificate []byte `json:"certificate,omitempty"`
}

// owner names the store of a vault's content. It outlives the vault, which may be recovered.
func owner(vault string) string { return "/keyvaultdata/" + strings.ToLower(vault) }

// Forget removes all that a vault holds: it was purged.
func Forget(c *arm.Context, vault string) {
	for _, name := range c.Records(owner(vault), "") {
		c.DeleteRecord(owner(vault), name)
	}
}

// load reads an item, deleted or not; nil when there is none.
func (one *call) load(kind, name string) *item {
	raw := one.Record(owner(one.vault.Name()), kind+"/"+strings.ToLower(name))
	if raw == nil {
		return nil
	}
	var i item
	if json.Unmarshal(raw, &i) != nil {
		return nil
	}
	if i.Deleted != 0 && i.Purged <= one.Now().Unix() {
		return nil
	}
	return &i
}

// live reads an item that is not deleted.
func (one *call) live(kind, name string) (*item, error) {
	i := one.load(kind, name)
	if i == nil || i.Deleted != 0 {
		return nil, notFound(kind, name)
	}
	return i, nil
}

// fresh reads an item to add a version to, or begins one.
func (one *call) fresh(kind, name string) (*item, error) {
	if err := checkName(name); err != nil {
		return nil, err
	}
	i := one.load(kind, name)
	switch {
	case i == nil:
		return &item{Name: name}, nil
	case i.Deleted != 0:
		return nil, &refused{
			status: 409, code: "Conflict", inner: "ObjectIsDeletedButRecoverable",
			message: strings.ToUpper(singular(kind)[:1]) + singular(kind)[1:] + " " + name + " is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the " + singular(kind) + " can only be recovered or purged.",
		}
	}
	return i, nil
}

func (one *call) store(kind string, i *item) error {
	raw, err := json.Marshal(i)
	if err != nil {
		return err
	}
	one.PutRecord(owner(one.vault.Name()), kind+"/"+strings.ToLower(i.Name), raw)
	return nil
}

func (one *call) forget(kind, name string) {
	one.DeleteRecord(owner(one.vault.Name()), kind+"/"+strings.ToLower(name))
}

// all reads every item of a kind.
func (one *call) all(kind string) []*item {
	var out []*item
	for _, record := range one.Records(owner(one.vault.Name()), kind+"/") {
		if i := one.load(kind, strings.TrimPrefix(record, kind+"/")); i != nil {
			out = append(out, i)
		}
	}
	return out
}

func checkName(name string) error {
	if !regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`).MatchString(name) {
		return badParameter("The request URI contains an invalid name: %s", name)
	}
	return nil
}

// at returns a version by its id, the latest for "".
func (i *item) at(id string) *version {
	if len(i.Versions) == 0 {
		return nil
	}
	if id == "" {
		return i.newest()
	}
	n := slices.IndexFunc(i.Versions, func(v version) bool { return strings.EqualFold(v.ID, id) })
	if n < 0 {
		return nil
	}
	return &i.Versions[n]
}

// newest returns the version that stands for an item that has some: of a certificate the last that
// is signed, as long as another one waits for that.
func (i *item) newest() *version {
	for n := len(i.Versions) - 1; n >= 0; n-- {
		if len(i.Versions[n].Certificate) > 0 {
			return &i.Versions[n]
		}
	}
	return &i.Versions[len(i.Versions)-1]
}

// pick reads the version that a call names.
func (one *call) pick() (*item, *version, error) {
	i, err := one.live(one.kind, one.name)
	if err != nil {
		return nil, nil, err
	}
	v := i.at(one.version)
	if v == nil {
		return nil, nil, notFound(one.kind, one.name+"/"+one.version)
	}
	return i, v, nil
}

// newVersion begins a version with the attributes and tags that a call sets.
func (one *call) newVersion() version {
	v := version{ID: one.NewHex(16), Enabled: true, Created: one.Now().Unix(), Updated: one.Now().Unix()}
	v.set(one.in, v.Updated)
	return v
}

// set takes attributes and tags as far as they are there.
func (v *version) set(in arm.Object, now int64) {
	attributes, _ := in["attributes"].(arm.Object)
	if enabled, is := attributes["enabled"].(bool); is {
		v.Enabled = enabled
	}
	if at, is := attributes["nbf"].(float64); is {
		v.NotBefore = int64(at)
	}
	if at, is := attributes["exp"].(float64); is {
		v.Expires = int64(at)
	}
	if tags, is := in["tags"].(arm.Object); is {
		v.Tags = tags
	}
	v.Updated = now
}

// attributes writes a version's attributes.
func (one *call) attributes(v *version) arm.Object {
	days, level := one.retention()
	out := arm.Object{"enabled": v.Enabled, "created": v.Created, "updated": v.Updated, "recoveryLevel": level, "recoverableDays": days}
	if v.NotBefore != 0 {
		out["nbf"] = v.NotBefore
	}
	if v.Expires != 0 {
		out["exp"] = v.Expires
	}
	return out
}

// retention is how long the vault keeps what was deleted, and what may be done to it meanwhile.
func (one *call) retention() (days int64, level string) {
	days = int64(one.vault.Num("properties.softDeleteRetentionInDays"))
	level = "Recoverable"
	if days < maxRetention {
		level = "CustomizedRecoverable"
	}
	if !one.vault.Bool("properties.enablePurgeProtection") {
		level += "+Purgeable"
	}
	return days, level
}

// maxRetention is how many days a vault keeps what was deleted unless told otherwise.
const maxRetention = 90
