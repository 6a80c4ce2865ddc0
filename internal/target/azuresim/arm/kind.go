package arm

// Kind says what one type of resource is. The engine does the rest: ids,
// PUT, PATCH, GET, HEAD, DELETE and lists, groups, tags, etags, locks, access,
// long-running operations and the activity log.
//
// A write runs in this order, all of it in one transaction that an error at
// any step undoes:
//
//	body merged    PUT: the caller's body, with ReadOnly (and omitted Keep) from
//	               what was stored; PATCH: the stored body with the caller's
//	               body merged in (JSON merge patch, RFC 7386)
//	checked        name rule, location, Required, Immutable
//	Default        fills in what the caller left out
//	Check          refuses what Azure refuses
//	Compute        sets what Azure itself decides
//	stored         WriteOnly moved into Hidden, etag, systemData, Inline children
//	Saved          makes what comes by itself
//
// Paths are members joined by dots from the top of the document:
// "properties.networkAcls.defaultAction". Every hook may be nil.
type Kind struct {
	// Type has Azure's casing: "Microsoft.Network/virtualNetworks/subnets".
	// A type with more than one segment lives under its parent, which must
	// exist when its type is a kind too.
	Type string
	// Scopes says where the type lives; zero is InGroup. Children live
	// where their parents do, theirs is not read.
	Scopes Scopes
	// Name is the rule of its names; the zero rule takes 1 to 260 characters
	// that Azure allows anywhere.
	Name NameRule
	// Located resources need a location ("westeurope", stored lower-case and without blanks)
	// and keep it; "global" is one. Others have none unless the caller sends it.
	Located bool
	// Required paths must be there and not empty.
	Required []string
	// Immutable paths keep their first value: another one is refused with 409
	// PropertyChangeNotAllowed.
	Immutable []string
	// ReadOnly paths are Azure's: what the caller sends is ignored, what was
	// stored stays until a hook changes it.
	ReadOnly []string
	// Keep paths stay as they were when a PUT leaves them out.
	Keep []string
	// WriteOnly paths (passwords) are kept in Resource.Hidden under their path and never shown.
	WriteOnly []string
	// Inline properties hold children: a virtual network's "properties.subnets".
	Inline []Inline
	// Async says which writes are long-running operations.
	Async Async
	// Status has the statuses of this type where they are not 200; find them in the SDK's
	// ExpectedStatusCodes.
	Status Status
	// MatchesNew types take If-Match: * for a resource that is not there yet, as
	// API Management does.
	MatchesNew bool
	// Single types have no name: their path ends in the type, and GET and PUT are
	// for the one that a parent has. It is stored under the name "current"; Find answers before it is.
	Single bool
	// NoPatch types answer PATCH with 405, as Azure does for some.
	NoPatch bool
	// NoProvisioningState types do not show properties.provisioningState.
	NoProvisioningState bool
	// NoSystemData types do not show systemData.
	NoSystemData bool

	// Default fills in what the caller left out; use r.Default(path, value).
	Default func(c *Context, r *Resource)
	// Check refuses what Azure would; old is nil when r is new.
	Check func(c *Context, r, old *Resource) error
	// Compute sets computed properties; use r.Set, c.UUID, c.Host. old is nil
	// when r is new.
	Compute func(c *Context, r, old *Resource)
	// Saved runs after r is stored and makes what comes by itself: c.Put.
	Saved func(c *Context, r, old *Resource) error
	// Show changes the copy that a read returns: lists of children, counters.
	// It must not write.
	Show func(c *Context, r *Resource)
	// Deletable refuses a deletion that Azure refuses (a subnet in use: 400
	// InUseSubnetCannotBeDeleted). It is not asked when a whole group goes.
	Deletable func(c *Context, r *Resource) error
	// Deleted runs after r and what lies under it are gone.
	Deleted func(c *Context, r *Resource)
	// Find answers a GET of an id that is not stored: built-in role and policy
	// definitions. Nil result: 404.
	Find func(c *Context, id ID) *Resource
	// Search replaces the answer to a list: stored is what the engine found,
	// scope is the parent id or the scope, q has $filter and the like.
	Search func(c *Context, scope ID, q Query, stored []*Resource) []*Resource
	// Actions are POSTs to the resource by their last segment: "listKeys".
	Actions map[string]Action
	// Post answers a POST to the type itself, with no resource, in a scope:
	// a kind {Type: "Microsoft.KeyVault/checkNameAvailability"} has one.
	Post TypeAction
}

// Scopes is a set of places where a type of resource may live.
type Scopes uint8

// The places. InResource is for extension resources: "<id>/providers/<type>/<name>".
const (
	InGroup Scopes = 1 << iota
	InSubscription
	InManagementGroup
	InTenant
	InResource

	Anywhere = InGroup | InSubscription | InManagementGroup | InTenant | InResource
)

// NameRule says which names a type takes.
type NameRule struct {
	// Pattern is a regular expression for the whole name, "^…$".
	Pattern string
	// Min and Max are lengths in characters; zero is no bound of its own.
	Min, Max int
	// Unique names are taken once in the whole cloud: a second resource of that name elsewhere
	// is refused with 409 and Taken's code (StorageAccountAlreadyTaken, …).
	Unique bool
	Taken  string
}

// Inline says that a property of a parent is a list of children. A PUT of the parent
// that has the property makes, changes and removes children so that
// they match it; one that leaves it out changes none. A read shows the children there.
type Inline struct {
	// Path is the list: "properties.subnets".
	Path string
	// Type is the children's kind, complete: "Microsoft.Network/virtualNetworks/subnets".
	Type string
}

// Async says which writes Azure runs as long-running operations.
type Async struct {
	Put, Patch, Delete Style
}

// Status says how a type answers writes that succeed. Zero is 200, for
// a long-running deletion 202. A deletion of what is not there always answers 204.
type Status struct {
	Create, Update, Delete int
}

// Style is how the answer to a write tells where its operation is found.
type Style uint8

// The styles. An operation ends at its first poll, unless a fault slows it down.
const (
	// Now: no operation, the answer is final.
	Now Style = iota
	// ByOperation has the header Azure-AsyncOperation (and Location): status documents.
	ByOperation
	// ByLocation has the header Location: 202 until it is done.
	ByLocation
)

// Action is a POST to one resource. It runs in a transaction; changes to r are
// stored when it calls c.Put(r). A nil result answers 200 with no body (or 202 and an operation, by Async).
type Action struct {
	Run func(c *Context, r *Resource, in Object) (any, error)
	// Async actions answer 202 and an operation whose result is what Run returned.
	Async Style
	// Status is the status of success where it is neither 200 nor, for Async, 202.
	Status int
}

// TypeAction is a POST to a type in a scope.
type TypeAction func(c *Context, scope ID, in Object) (any, error)

// Query is the query string of a list.
type Query struct {
	Filter string // $filter
	Expand string // $expand
	Top    int    // $top, 0 for none
	Params map[string]string
}
