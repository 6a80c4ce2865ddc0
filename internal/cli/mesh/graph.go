package mesh

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
)

// The languages that a graph is drawn in.
const (
	asDOT     = "dot"
	asMermaid = "mermaid"
)

func graph(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var since time.Duration
	var draw string
	c := g.at(&cobra.Command{
		Use: "graph", Short: "Show who called whom on a stage, how often, with which errors and how fast", Args: cobra.NoArgs,
		Long: "Calls are those that sidecars have counted, and what the gateway has served. ERRORS is the share of answers with 5xx,\n" +
			"DENIED how many had 4xx. --draw writes the graph for Graphviz or Mermaid.",
		Example: "  terrace mesh graph --stage dev\n  terrace mesh graph --stage prod --since 24h --draw dot | dot -Tsvg > calls.svg",
	}, func(ctx context.Context, s command.Server, at apiclient.MeshScope, _ []string) error {
		said, err := s.MeshGraph(ctx, apiclient.GetMeshGraphParams{Project: at.Project, Stage: at.Stage, Since: since.String()})
		if err != nil {
			return err
		}
		if said.More {
			e.Say("there are more than these %d edges: ask for less time with --since", len(said.Edges))
		}
		if draw != "" {
			_, err := io.WriteString(e.Out, drawn(at, draw, said.Edges))
			return err //nolint:wrapcheck // who reads has gone
		}
		return e.Print(said, func(w io.Writer) { showEdges(w, at, said.Edges) })
	})
	command.DurationVar(c.Flags(), &since, "since", time.Hour, "how far back, at most 31d")
	command.Choice(c, &draw, "draw", "", "write the graph in this language", asDOT, asMermaid)
	return c
}

func showEdges(w io.Writer, at apiclient.MeshScope, all []apiclient.MeshEdge) {
	output.List(w, all, []string{"FROM", "TO", "SERVICE", "REQUESTS", "RATE", "DENIED", "ERRORS", "P50", "P95", "P99"}, func(m apiclient.MeshEdge) []string {
		return []string{
			short(at, m.From), to(m), m.Service, strconv.FormatInt(m.Requests, 10), fmt.Sprintf("%.2f/s", m.PerSecond), strconv.FormatInt(m.ClientErrors, 10),
			fmt.Sprintf("%.2f%%", 100*m.ErrorShare), seconds(m.P50), seconds(m.P95), seconds(m.P99),
		}
	})
}

// to is who has answered; of a route of the gateway that several answer it is the route.
func to(m apiclient.MeshEdge) string {
	if m.To == "" {
		return "route " + m.Service
	}
	return m.To
}

// short is a workload of the stage by its name; others are told by their SPIFFE ID.
func short(at apiclient.MeshScope, from string) string {
	if _, name, ok := strings.Cut(from, "/project/"+at.Project+"/stage/"+at.Stage+"/workload/"); ok && strings.HasPrefix(from, "spiffe://") {
		return name
	}
	return from
}

func seconds(s float64) string {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Microsecond).String()
}

// drawn is the graph in a language. What is named alike is one node.
func drawn(scope apiclient.MeshScope, language string, all []apiclient.MeshEdge) string {
	var nodes []string
	at := func(name string) string {
		i := slices.Index(nodes, name)
		if i < 0 {
			i = len(nodes)
			nodes = append(nodes, name)
		}
		return "n" + strconv.Itoa(i)
	}
	var edges strings.Builder
	for _, m := range all {
		from, end := at(short(scope, m.From)), at(to(m))
		label := fmt.Sprintf("%d requests, %.2f%% errors, p99 %s", m.Requests, 100*m.ErrorShare, seconds(m.P99))
		if language == asDOT {
			_, _ = fmt.Fprintf(&edges, "  %s -> %s [label=%s];\n", from, end, strconv.Quote(label))
		} else {
			_, _ = fmt.Fprintf(&edges, "  %s -->|\"%s\"| %s\n", from, label, end)
		}
	}
	var out strings.Builder
	if language == asDOT {
		out.WriteString("digraph calls {\n  rankdir=LR;\n")
	} else {
		out.WriteString("flowchart LR\n")
	}
	for i, name := range nodes {
		if language == asDOT {
			_, _ = fmt.Fprintf(&out, "  n%d [label=%s];\n", i, strconv.Quote(name))
		} else {
			_, _ = fmt.Fprintf(&out, "  n%d[\"%s\"]\n", i, strings.ReplaceAll(name, `"`, "#quot;"))
		}
	}
	out.WriteString(edges.String())
	if language == asDOT {
		out.WriteString("}\n")
	}
	return out.String()
}
