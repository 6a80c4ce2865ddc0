package stage

import "github.com/terrace-idp/terrace/internal/kernel"

// Duration is how a stage's document has a time, such as 24h.
type Duration = kernel.Duration
