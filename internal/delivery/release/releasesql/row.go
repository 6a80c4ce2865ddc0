package releasesql

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/terrace-idp/terrace/internal/delivery/graph"
	"github.com/terrace-idp/terrace/internal/delivery/release"
	"github.com/terrace-idp/terrace/internal/kernel"
)

type releaseRow struct {
	bun.BaseModel `bun:"table:releases"`

	Tenant    string    `bun:"tenant"`
	Project   string    `bun:"project"`
	ID        string    `bun:"id"`
	Digest    string    `bun:"digest"`
	Workload  string    `bun:"workload"`
	Number    int       `bun:"number"`
	Version   string    `bun:"version"`
	Spec      string    `bun:"spec"`
	Pins      string    `bun:"pins"`
	Lock      []byte    `bun:"lock"`
	CreatedBy string    `bun:"created_by"`
	CreatedAt time.Time `bun:"created_at"`
}

type artifactRow struct {
	bun.BaseModel `bun:"table:release_artifacts"`

	Tenant    string    `bun:"tenant"`
	Project   string    `bun:"project"`
	Digest    string    `bun:"digest"`
	Size      int64     `bun:"size"`
	CreatedBy string    `bun:"created_by"`
	CreatedAt time.Time `bun:"created_at"`
}

// pins is everything of a release that is never searched for.
type pins struct {
	Artifacts   map[string]release.Artifact `json:"artifacts"`
	Images      map[string]string           `json:"images,omitempty"`
	Definitions []graph.Definition          `json:"definitions"`
	Modules     []release.PinnedModule      `json:"modules"`
}

func rowOf(r release.Release) (releaseRow, error) {
	b, err := json.Marshal(pins{r.Artifacts, r.Images, r.Definitions, r.Modules})
	if err != nil {
		return releaseRow{}, fmt.Errorf("release %s: %w", r.ID, err)
	}
	lock := r.Lock
	if lock == nil {
		lock = []byte{}
	}
	return releaseRow{
		Tenant: r.Scope.Tenant, Project: r.Scope.Project, ID: r.ID, Digest: string(r.Digest), Workload: r.Workload,
		Number: r.Number, Version: r.Version, Spec: string(r.Spec), Pins: string(b), Lock: lock,
		CreatedBy: r.CreatedBy, CreatedAt: r.CreatedAt,
	}, nil
}

func (row releaseRow) release() (release.Release, error) {
	var p pins
	if err := json.Unmarshal([]byte(row.Pins), &p); err != nil {
		return release.Release{}, fmt.Errorf("release %s: %w", row.ID, err)
	}
	r := release.Release{
		ID: row.ID, Digest: kernel.Digest(row.Digest), Number: row.Number,
		Scope: kernel.Scope{Tenant: row.Tenant, Project: row.Project}, Workload: row.Workload, Version: row.Version,
		Spec: json.RawMessage(row.Spec), Artifacts: p.Artifacts, Images: p.Images, Definitions: p.Definitions, Modules: p.Modules,
		CreatedBy: row.CreatedBy, CreatedAt: row.CreatedAt.UTC(),
	}
	if len(row.Lock) > 0 {
		r.Lock = row.Lock
	}
	return r, nil
}
