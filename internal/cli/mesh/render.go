package mesh

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/exit"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/delivery/workload"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/cluster"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/istio"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/linkerd"
	"github.com/terrace-idp/terrace/internal/fabric/mesh/meshdoc"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/yamldoc"
)

// The meshes of clusters.
const (
	toIstio   = "istio"
	toLinkerd = "linkerd"
)

// rendering is what a command writes.
type rendering struct {
	*command.Env

	stage, mesh, domain string
	paths, scores       []string
}

func render(e *command.Env) *cobra.Command {
	r := &rendering{Env: e}
	c := &cobra.Command{
		Use: "render", Short: "Write documents as the objects of a cluster's mesh", Args: cobra.NoArgs,
		Long: "The objects are for the namespace PROJECT-STAGE, where the stage's workloads run as service accounts of their names.\n" +
			"What the cluster's mesh cannot say is refused at its line. Linkerd guards ports: those of workloads are read from\n" +
			"their Score files, and without one are those that documents name. Apply the objects with kubectl, or keep them in Git.",
		Example: "  terrace mesh render --for istio -f mesh.yaml --stage prod | kubectl apply --server-side -f -\n" +
			"  terrace mesh render --for linkerd -f mesh.yaml --score orders/score.yaml --stage prod",
		RunE: func(*cobra.Command, []string) error { return r.write() },
	}
	fileFlag(c, &r.paths)
	command.Choice(c, &r.mesh, "for", "", "the cluster's mesh", toIstio, toLinkerd)
	_ = c.MarkFlagRequired("for")
	e.StageFlag(c, &r.stage, "stage", "the stage that the objects are for", true)
	c.Flags().StringVar(&r.domain, "trust-domain", cluster.DefaultTrustDomain, "the trust domain of the cluster's mesh")
	c.Flags().StringArrayVar(&r.scores, "score", nil, "the Score file of a workload, for its ports and probes; may be repeated")
	_ = c.MarkFlagFilename("score", "yaml", "yml")
	return c
}

func (r *rendering) write() error {
	project, err := named(r.Env)
	if err != nil {
		return err
	}
	files, err := read(r.Env, r.paths)
	if err != nil {
		return err
	}
	docs, err := meshdoc.Read(files...)
	if err != nil {
		return err
	}
	objects, err := r.objects(kernel.Scope{Project: project, Stage: r.stage}, docs)
	if err != nil {
		return err
	}
	if r.Format != output.Table {
		return r.Print(objects, nil)
	}
	return manifests(r.Out, objects)
}

func (r *rendering) objects(scope kernel.Scope, docs []meshdoc.Document) ([]cluster.Object, error) {
	if r.mesh == toIstio {
		if len(r.scores) > 0 {
			return nil, exit.Wrong("--score is for --for linkerd: Istio needs no ports").WithFix("remove it")
		}
		return istio.Render(scope, r.domain, docs)
	}
	var all []cluster.Workload
	for _, path := range r.scores {
		source, err := r.ReadSource(path, yamldoc.MaxBytes)
		if err != nil {
			return nil, err
		}
		w, err := workload.Parse(path, source)
		if err != nil {
			return nil, err
		}
		all = append(all, deployed(w))
	}
	return linkerd.Render(scope, r.domain, docs, all)
}

// deployed is what a mesh has to know of a workload.
func deployed(w *workload.Workload) cluster.Workload {
	out := cluster.Workload{Name: w.Name}
	for _, p := range w.Service.Ports {
		if p.Protocol == workload.TCP {
			out.Ports = append(out.Ports, cluster.Port{Service: p.Port, Pod: p.TargetPort})
		}
	}
	for _, c := range w.Containers {
		for _, p := range []*workload.Probe{c.LivenessProbe, c.ReadinessProbe} {
			if p != nil && p.HTTP != nil {
				out.Probes = append(out.Probes, cmp.Or(p.HTTP.Path, "/"))
			}
		}
	}
	return out
}

// named returns the project that was named, here or at the sign-in: no server is asked.
func named(e *command.Env) (string, error) {
	if project := cmp.Or(e.Identity.Project, e.Files().Getenv("TERRACE_PROJECT")); project != "" {
		return project, nil
	}
	id, err := e.Files().Resolve(e.Identity, e.Context)
	if err != nil || id.Project == "" {
		return "", exit.Wrong("no project is named").WithFix("name one with --project or TERRACE_PROJECT")
	}
	return id.Project, nil
}

// manifests writes objects as documents of YAML.
func manifests(w io.Writer, objects []cluster.Object) error {
	for _, o := range objects {
		if _, err := fmt.Fprintln(w, "---"); err != nil {
			return err
		}
		if err := output.Write(w, output.YAML, o, nil); err != nil {
			return err
		}
	}
	return nil
}
