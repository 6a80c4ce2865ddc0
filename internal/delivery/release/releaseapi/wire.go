package releaseapi

import (
	"encoding/json"
	"time"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Release is a release on the wire, as lists show it.
type Release struct {
	ID        string                      `json:"id"`
	Digest    kernel.Digest               `json:"digest"`
	Number    int                         `json:"number"`
	Workload  string                      `json:"workload"`
	Version   string                      `json:"version"`
	Artifacts map[string]release.Artifact `json:"artifacts"`
	CreatedBy string                      `json:"createdBy"`
	CreatedAt time.Time                   `json:"createdAt"`
}

// ReleaseDetail is a release with all that it fixes.
type ReleaseDetail struct {
	Release

	Spec        json.RawMessage        `json:"spec" doc:"The workload in its canonical form."`
	Definitions []graph.Definition     `json:"definitions"`
	Modules     []release.PinnedModule `json:"modules"`
	Lock        string                 `json:"lock,omitempty" doc:"The provider lock file."`
}

// Wire returns the release's wire form.
func Wire(r release.Release) Release {
	return Release{
		ID: r.ID, Digest: r.Digest, Number: r.Number, Workload: r.Workload, Version: r.Version,
		Artifacts: r.Artifacts, CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt,
	}
}

func detail(r release.Release) ReleaseDetail {
	return ReleaseDetail{Release: Wire(r), Spec: r.Spec, Definitions: r.Definitions, Modules: r.Modules, Lock: string(r.Lock)}
}
