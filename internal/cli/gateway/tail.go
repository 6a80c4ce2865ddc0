package gateway

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/terrace-idp/terrace/internal/apiclient"
	"github.com/terrace-idp/terrace/internal/cli/command"
	"github.com/terrace-idp/terrace/internal/cli/output"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// The pauses before a stream is begun again that could not be reached.
const firstPause, maxPause = time.Second, 30 * time.Second

func tail(e *command.Env) *cobra.Command {
	g := &group{Env: e}
	var p apiclient.TailGatewayParams
	var slower time.Duration
	c := &cobra.Command{
		Use: "tail", Short: "Watch the requests that routes answer", Args: cobra.NoArgs,
		Long: "Each is a line, on whichever replica of the gateway it was answered, until you stop it. Of lines for which there was no room their number is told.\n" +
			"With -o json each is an object with the fields of the access log.",
		Example: "  terrace gateway tail --stage prod --status 5xx\n  terrace gateway tail --route orders --path '/orders/*' --slower-than 250ms\n  terrace gateway tail --tenant --consumer ci -o json",
	}
	c.Long += "\nWith --unrouted operators of the platform see what no route was found for, and connections that ended before a request."
	c.PreRun = func(*cobra.Command, []string) { g.tenant = g.tenant || p.Unrouted }
	c.RunE = g.InScope(&g.tenant, func(ctx context.Context, s command.Server, project string, _ []string) error {
		p.Project, p.Stage = project, g.stage
		if slower > 0 {
			p.SlowerThan = slower.String()
		}
		return follow(ctx, e, s, p)
	})
	f := c.Flags()
	f.BoolVar(&g.tenant, "tenant", false, "the routes of every project that you may see")
	g.StageFlag(c, &g.stage, "stage", "only routes of this stage", false)
	g.routeFlag(c, &p.Route, "only this route")
	f.StringVar(&p.Consumer, "consumer", "", "only requests of this consumer")
	f.StringVar(&p.Method, "method", "", "only requests with this method")
	f.StringVar(&p.Path, "path", "", "only requests for this path; a star stands for anything")
	f.StringVar(&p.Status, "status", "", "only answers with this status, such as 404, or of a class such as 5xx")
	f.BoolVar(&p.Unrouted, "unrouted", false, "what no route was found for, in place of the requests of routes; for operators")
	command.DurationVar(f, &slower, "slower-than", 0, "only requests that took this long or longer")
	return c
}

// follow shows what is answered until ctx ends. A server that is not there at the
// beginning is an error. What ends on the way, a stream or the server, is begun again;
// what was answered in between is not shown.
func follow(ctx context.Context, e *command.Env, s command.Server, p apiclient.TailGatewayParams) error {
	pause, began := firstPause, false
	for {
		err := s.TailGateway(ctx, p, func(told apiclient.GatewayTold) error {
			pause, began = firstPause, true
			switch {
			case told.Line != nil:
				return e.PrintLine(told.Line, func(w io.Writer) { showLine(w, *told.Line) })
			case told.Left > 0:
				e.Say("%d requests are not shown: they came faster than they could be", told.Left)
			}
			return nil
		})
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			continue
		case !began || !kernel.Is(err, kernel.Unavailable):
			return err
		}
		e.Say("%s; going on in %s", err, pause)
		if err := command.Pause(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, maxPause)
	}
}

func showLine(w io.Writer, l apiclient.AccesslogLine) {
	where := l.Stage + "/" + l.Route
	if l.Reason != "" {
		where = l.Reason + " by " + l.Client
	}
	text := fmt.Sprintf("%s %d %-7s %s%s %s %s", l.Time.Local().Format("15:04:05.000"), l.Status, l.Method, l.Host, l.Path, seconds(l.DurationMs/1000), where)
	for _, more := range []struct{ word, value string }{{"by", l.Consumer}, {"from", cmp.Or(l.By, l.Upstream)}, {"trace", l.TraceID}} {
		if more.value != "" {
			text += " " + more.word + " " + more.value
		}
	}
	_, _ = fmt.Fprintln(w, output.Visible(text))
}
