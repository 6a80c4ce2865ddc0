package validate

import (
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Contract is a version of an API as it stands on a stage.
type Contract struct {
	// Scope is the stage's.
	Scope        kernel.Scope
	API, Version string
	// Digest is that of the document; Document is the document as JSON has it, and
	// nil where the catalog knows the digest.
	Digest   string
	Document any
	// Published is since when it stands there.
	Published time.Time
	// Retired has every call answered with 410.
	Retired bool
	// Deprecated is since when clients are told to leave, Sunset until when they
	// have to, Link where they read about it; zero is not said.
	Deprecated, Sunset time.Time
	Link               string
}

// Calls is told of every call of an operation that is known.
type Calls interface {
	Count(scope kernel.Scope, api, version, operation, consumer string, status int)
}
