package apispec

import (
	"time"

	"github.com/terrace-idp/terrace/internal/catalog/apispec/change"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/styleguide"
)

// State is where a version of an API is in its life on a stage. Before it is
// published anywhere it is a draft, and stands on no stage.
type State string

// The states.
const (
	Published  State = "published"
	Deprecated State = "deprecated"
	Retired    State = "retired"
)

// States returns all of them, in their order.
func States() []State { return []State{Published, Deprecated, Retired} }

// Key names a version of an API of a project.
type Key struct {
	Tenant  string `json:"-"`
	Project string `json:"project"`
	API     string `json:"api"`
	Version string `json:"version"`
}

// Revision is one document of a version; it is never changed.
type Revision struct {
	Key

	Number int64 `json:"number"`
	// Digest is that of the document's text.
	Digest string `json:"digest"`
	Title  string `json:"title"`
	// OpenAPI is the version of the standard.
	OpenAPI    string `json:"openapi"`
	Operations int    `json:"operations"`
	// Origin is where it is from, such as a commit; it is what the uploader says.
	Origin string    `json:"origin,omitempty"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	// Source is the document's text.
	Source string `json:"-"`
}

// Standing is where a version stands on a stage.
type Standing struct {
	Key

	Stage    string `json:"stage"`
	State    State  `json:"state"`
	Revision int64  `json:"revision"`

	PublishedBy string    `json:"publishedBy"`
	PublishedAt time.Time `json:"publishedAt"`
	// DeprecatedAt is since when clients are told to leave (RFC 9745), Sunset from
	// when on it may be gone (RFC 8594), Link where they read about it.
	DeprecatedAt *time.Time `json:"deprecatedAt,omitempty"`
	Sunset       *time.Time `json:"sunset,omitempty"`
	Link         string     `json:"link,omitempty"`
	RetiredAt    *time.Time `json:"retiredAt,omitempty"`
}

// API is one of a project's with its versions.
type API struct {
	Key

	Title string `json:"title"`
	// Newest is the number of the newest revision.
	Newest int64      `json:"newest"`
	At     time.Time  `json:"at"`
	Stages []Standing `json:"stages"`
}

// Override lets one revision replace another on a stage although it breaks clients.
type Override struct {
	Key

	ID    string `json:"id"`
	Stage string `json:"stage"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	// Changes are what breaks.
	Changes     []change.Change `json:"changes"`
	Reason      string          `json:"reason"`
	RequestedBy string          `json:"requestedBy"`
	RequestedAt time.Time       `json:"requestedAt"`
	ApprovedBy  string          `json:"approvedBy,omitempty"`
	ApprovedAt  *time.Time      `json:"approvedAt,omitempty"`
}

// Report is what the style guide says of a document.
type Report struct {
	Errors   int                  `json:"errors"`
	Warnings int                  `json:"warnings"`
	Findings []styleguide.Finding `json:"findings"`
}

// Call is how often a consumer called an operation on a day.
type Call struct {
	Key

	Stage     string `json:"stage"`
	Operation string `json:"operation"`
	// Consumer is who the gateway found to call; empty is anybody.
	Consumer string `json:"consumer"`
	// Day is 2026-11-27, in UTC.
	Day    string `json:"day"`
	Calls  int64  `json:"calls"`
	Errors int64  `json:"errors"`
}
