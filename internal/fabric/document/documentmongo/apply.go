package documentmongo

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"

	"github.com/terrace-idp/terrace/internal/fabric/document"
)

// record is a document as the server has it.
type record struct {
	// Key is the place, a slash and the id: the server holds it to be unique.
	Key      string            `bson:"_id"`
	Place    string            `bson:"p"`
	ID       string            `bson:"i"`
	Revision int64             `bson:"r"`
	Body     any               `bson:"d"`
	Keys     map[string]string `bson:"k"`
	Updated  int64             `bson:"u"`
	// Ends is the end of its life in microseconds, 0 for none.
	Ends int64 `bson:"e"`
}

func keyOf(at document.Place, id string) string { return at.String() + "/" + id }

func recordOf(at document.Place, d document.Document) (record, error) {
	body, err := encode(d.Body)
	r := record{
		Key: keyOf(at, d.ID), Place: at.String(), ID: d.ID, Revision: d.Revision, Body: body, Keys: d.Keys, Updated: d.UpdatedAt.UnixMicro(),
	}
	if r.Keys == nil {
		r.Keys = map[string]string{}
	}
	if !d.ExpiresAt.IsZero() {
		r.Ends = d.ExpiresAt.UnixMicro()
	}
	return r, err
}

func (r record) document() (d document.Document, err error) {
	d = document.Document{ID: r.ID, Revision: r.Revision, UpdatedAt: time.UnixMicro(r.Updated).UTC(), Keys: r.Keys}
	if r.Ends != 0 {
		d.ExpiresAt = time.UnixMicro(r.Ends).UTC()
	}
	d.Body, err = decode(r.Body)
	return d, err
}

// Apply implements document.Store.
func (s *Store) Apply(ctx context.Context, at document.Place, changes []document.Change) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if len(changes) == 1 || !s.atomic {
		return s.each(ctx, at, changes)
	}
	session, err := s.client.StartSession()
	if err != nil {
		return mapped(err)
	}
	defer session.EndSession(ctx)
	_, err = session.WithTransaction(ctx, func(ctx mongo.SessionContext) (any, error) {
		return nil, s.each(ctx, at, changes)
	}, transactional())
	return err
}

func (s *Store) each(ctx context.Context, at document.Place, changes []document.Change) error {
	for _, c := range changes {
		if err := s.change(ctx, at, c); err != nil {
			return err
		}
	}
	return nil
}

// change makes one change, where the document is as it was.
func (s *Store) change(ctx context.Context, at document.Place, c document.Change) error {
	was := bson.D{{Key: "_id", Value: keyOf(at, c.ID)}, {Key: "r", Value: c.Was}}
	if c.Now == nil {
		result, err := s.docs.DeleteOne(ctx, was)
		return hit(err == nil && result.DeletedCount == 1, err, c.ID)
	}
	r, err := recordOf(at, *c.Now)
	if err != nil {
		return err
	}
	if c.Was == document.Absent {
		_, err := s.docs.InsertOne(ctx, r)
		return hit(!mongo.IsDuplicateKeyError(err), err, c.ID)
	}
	result, err := s.docs.ReplaceOne(ctx, was, r)
	return hit(err == nil && result.MatchedCount == 1, err, c.ID)
}

// hit tells of a write that found its document otherwise. Errors of transactions keep
// their labels, by which the client tries again.
func hit(ok bool, err error, id string) error {
	if labeled, is := errors.AsType[mongo.LabeledError](err); is && labeled.HasErrorLabel("TransientTransactionError") {
		return err
	}
	if err != nil && !mongo.IsDuplicateKeyError(err) {
		return mapped(err)
	}
	if !ok {
		return document.Changed(id)
	}
	return nil
}
