package local

import (
	"context"
	"io"

	"github.com/terrace-idp/terrace/internal/target/local/mysql"
)

// copyTo implements keeper.
func (p *mysqlPlane) copyTo(ctx context.Context, o Object, w io.Writer) error {
	server, err := p.ensure(ctx, o.Scope, number(o.Outputs["port"]))
	if err != nil {
		return err
	}
	return server.Dump(ctx, databaseName(o.Key), w)
}

// putBack implements keeper.
func (p *mysqlPlane) putBack(ctx context.Context, o Object, from Key, r io.Reader) error {
	server, err := p.ensure(ctx, o.Scope, number(o.Outputs["port"]))
	if err != nil {
		return err
	}
	if was, is := databaseName(from), databaseName(o.Key); was != is {
		r = mysql.Redefined(r, was, is)
	}
	return server.Load(ctx, databaseName(o.Key), r)
}
