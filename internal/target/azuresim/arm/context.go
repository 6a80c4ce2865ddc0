package arm

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Caller is who asked.
type Caller struct {
	// ObjectID, AppID and TenantID are the token's oid, appid and tid.
	ObjectID, AppID, TenantID string
	// Name is what a person reads: "default", an identity's name, "portal user".
	Name string
	// Owner callers may do everything.
	Owner bool
}

// Cloud is what every resource may need to know of the simulated cloud.
type Cloud struct {
	TenantID, SubscriptionID, SubscriptionName string
	// Endpoint is the address of Resource Manager: "https://localhost:8443".
	Endpoint string
	// Domain ends the names of data planes: "azuresim.localhost".
	Domain string
}

// Context is one transaction of one request. It is used only within the call
// that got it.
type Context struct {
	engine *Engine
	tx     *tx
	now    time.Time
	caller Caller
}

// Now is the time of the request, UTC.
func (c *Context) Now() time.Time { return c.now }

// Caller is who asked.
func (c *Context) Caller() Caller { return c.caller }

// Cloud describes the simulated cloud.
func (c *Context) Cloud() Cloud { return c.engine.cloud }

// Host is the name of a data plane's host: Host("vault", "kv1") is "kv1.vault.azuresim.localhost",
// Host("blob.core", "acc") is "acc.blob.core.azuresim.localhost". It is reached
// at port 443 through the simulator's proxy.
func (c *Context) Host(service, name string) string {
	return strings.ToLower(name) + "." + service + "." + c.engine.cloud.Domain
}

// NewUUID returns a random UUID.
func (c *Context) NewUUID() string { return NewUUID() }

// NewKey returns n random bytes in base64, as Azure writes access keys.
func (c *Context) NewKey(n int) string {
	return base64.StdEncoding.EncodeToString(random(n))
}

// NewHex returns n random bytes in hexadecimal.
func (c *Context) NewHex(n int) string { return hex.EncodeToString(random(n)) }

// NewUUID returns a random UUID (RFC 9562 §5.4).
func NewUUID() string {
	b := random(16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the program instead
	return b
}

// Get returns a copy of the resource with an id, nil when there is none.
func (c *Context) Get(id string) *Resource {
	r := c.tx.get(strings.ToLower(strings.TrimRight(id, "/")))
	if r == nil {
		return nil
	}
	return r.clone()
}

// Put stores a resource as it is: no hook runs, nothing is checked. New resources need ID and Body.
func (c *Context) Put(r *Resource) {
	r = r.clone()
	if old := c.tx.get(r.ID.Key()); old == nil {
		r.CreatedAt, r.CreatedBy = c.now, c.caller.Name
	} else {
		r.ID = old.ID
	}
	r.ChangedAt, r.ChangedBy, r.Etag = c.now, c.caller.Name, NewUUID()
	c.tx.put(r.ID.Key(), r)
}

// Make stores a child or an extension as it is: Make(account.ID, "blobServices", "default", body).
func (c *Context) Make(parent ID, typ, name string, body Object) {
	id := parent.Child(typ, name)
	if strings.Contains(typ, "/") {
		id = parent.Extension(typ, name)
	}
	plain, _ := Plain(body).(Object)
	c.Put(&Resource{ID: id, Body: plain})
}

// Remove removes a resource and all that lies under it or extends it, with
// their data. No Deletable is asked and no Deleted runs.
func (c *Context) Remove(id string) {
	parsed, err := ParseID(id)
	if err != nil || parsed.Key() == "" {
		return
	}
	for _, r := range c.tx.all(func(key string, _ *Resource) bool { return parsed.Covers(key) }) {
		c.tx.put(r.ID.Key(), nil)
	}
	for _, owner := range c.tx.owners(parsed) {
		for _, name := range c.tx.records(owner) {
			c.deleteRecord(owner, name)
		}
	}
}

// Under returns copies of the resources of a type under an id, at any depth,
// by id: Under(vnetID, "Microsoft.Network/virtualNetworks/subnets"). An empty id
// is the whole cloud, an empty type every type.
func (c *Context) Under(id, typ string) []*Resource {
	prefix := strings.ToLower(strings.TrimRight(id, "/")) + "/"
	return c.find(func(key string, r *Resource) bool {
		return strings.HasPrefix(key, prefix) && (typ == "" || strings.EqualFold(r.ID.Type(), typ))
	})
}

// Users returns copies of the resources whose body mentions an id (of any case) as
// a value, other than that resource and what lies under it. Types narrows it.
func (c *Context) Users(id string, types ...string) []*Resource {
	self, err := ParseID(id)
	if err != nil {
		return nil
	}
	return c.find(func(key string, r *Resource) bool {
		if self.Covers(key) || len(types) > 0 && !slices.ContainsFunc(types, func(t string) bool { return strings.EqualFold(t, r.ID.Type()) }) {
			return false
		}
		return mentions(r.Body, id)
	})
}

func mentions(v any, text string) bool {
	switch v := v.(type) {
	case string:
		return strings.EqualFold(v, text)
	case []any:
		return slices.ContainsFunc(v, func(inner any) bool { return mentions(inner, text) })
	case Object:
		for _, inner := range v {
			if mentions(inner, text) {
				return true
			}
		}
	}
	return false
}

func (c *Context) find(match func(key string, r *Resource) bool) []*Resource {
	found := c.tx.all(match)
	out := make([]*Resource, len(found))
	for i, r := range found {
		out[i] = r.clone()
	}
	return out
}

// Record returns a record of a data plane: owner is the id of the resource whose
// data it is, records go when the resource goes. Nil when there is none.
func (c *Context) Record(owner, name string) []byte {
	return slices.Clone(c.tx.record(strings.ToLower(owner), name))
}

// Records returns the names of an owner's records that begin with prefix, sorted.
func (c *Context) Records(owner, prefix string) []string {
	names := c.tx.records(strings.ToLower(owner))
	return slices.DeleteFunc(names, func(n string) bool { return !strings.HasPrefix(n, prefix) })
}

// PutRecord stores a record.
func (c *Context) PutRecord(owner, name string, value []byte) {
	if value == nil {
		value = []byte{}
	}
	c.record(owner, name, slices.Clone(value))
}

// DeleteRecord removes a record.
func (c *Context) DeleteRecord(owner, name string) { c.deleteRecord(strings.ToLower(owner), name) }

func (c *Context) deleteRecord(owner, name string) { c.record(owner, name, nil) }

func (c *Context) record(owner, name string, value []byte) {
	if !c.tx.readOnly {
		c.tx.data[[2]string{strings.ToLower(owner), name}] = value
	}
}
