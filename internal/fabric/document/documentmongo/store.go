// Package documentmongo keeps documents in MongoDB, and in what speaks its protocol, such
// as Cosmos DB for MongoDB.
//
// It owns the form of what is in the collection documents: the body as BSON, the keys that
// indexes are on, the place as the begin of the id. It asks a server for nothing that
// Cosmos DB lacks: no retried writes, no indexes of times, no unique indexes but of _id.
package documentmongo

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/mongo"
	"go.mongodb.org/mongo-driver/mongo/options"
	"go.mongodb.org/mongo-driver/mongo/readconcern"
	"go.mongodb.org/mongo-driver/mongo/readpref"
	"go.mongodb.org/mongo-driver/mongo/writeconcern"

	"github.com/terrace-idp/terrace/internal/fabric/document"
	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	defaultDatabase = "terrace"
	collection      = "documents"
	// callTimeout bounds a call with all its tries.
	callTimeout = 20 * time.Second
)

// Store implements document.Store.
type Store struct {
	client *mongo.Client
	docs   *mongo.Collection
	// atomic tells that the server has transactions.
	atomic bool
}

var _ document.Store = (*Store)(nil)

// Open connects to a server at mongodb://user:password@host/database, or mongodb+srv://;
// the database is terrace where the URL names none. Close ends the connections.
func Open(ctx context.Context, address string) (*Store, error) {
	u, err := url.Parse(address)
	if err != nil { // which would repeat the URL
		return nil, kernel.Errorf(kernel.Invalid, "the URL of MongoDB is no URL").WithFix("write mongodb://user:password@host/database, with special characters of the password as %%XX")
	}
	o := options.Client().ApplyURI(address).SetRetryWrites(false).SetServerSelectionTimeout(callTimeout / 2).
		SetWriteConcern(writeconcern.Majority()).SetReadPreference(readpref.Primary()).SetAppName("terrace")
	if o.Validate() != nil {
		return nil, kernel.Errorf(kernel.Invalid, "the URL of MongoDB cannot be used").WithFix("write mongodb://user:password@host/database")
	}
	client, err := mongo.Connect(ctx, o)
	if err != nil {
		return nil, mapped(err)
	}
	name := strings.Trim(u.Path, "/")
	if name == "" {
		name = defaultDatabase
	}
	s := &Store{client: client, docs: client.Database(name).Collection(collection)}
	if err := s.meet(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// meet asks the server what it can do, and has indexes made that all collections need.
func (s *Store) meet(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var is struct {
		Set string `bson:"setName"`
		Msg string `bson:"msg"`
	}
	if err := s.client.Database("admin").RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&is); err != nil {
		return mapped(err)
	}
	// A set of replicas and a router of shards have transactions. Cosmos DB calls itself
	// globaldb, and has them within one collection, which is what is asked for.
	s.atomic = is.Set != "" || is.Msg == "isdbgrid"
	if err := s.index(ctx, "by_id", bson.D{{Key: "p", Value: 1}, {Key: "i", Value: 1}}); err != nil {
		return err
	}
	return s.index(ctx, "ends", bson.D{{Key: "e", Value: 1}})
}

// index makes an index; one that is there stays.
func (s *Store) index(ctx context.Context, name string, keys bson.D) error {
	_, err := s.docs.Indexes().CreateOne(ctx, mongo.IndexModel{Keys: keys, Options: options.Index().SetName(name)})
	return mapped(err)
}

// Close ends the connections.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
	defer cancel()
	return s.client.Disconnect(ctx)
}

// Prepare implements document.Store.
func (s *Store) Prepare(ctx context.Context, c document.Collection) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for _, x := range c.Indexes {
		if err := s.index(ctx, "by_"+x.Name, bson.D{{Key: "p", Value: 1}, {Key: "k." + x.Name, Value: 1}, {Key: "i", Value: 1}}); err != nil {
			return err
		}
	}
	return nil
}

// Limits implements document.Store.
func (s *Store) Limits() document.Limits {
	return document.Limits{Driver: "mongodb", Atomic: s.atomic}
}

// Ping implements document.Store.
func (s *Store) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return mapped(s.client.Ping(ctx, readpref.Primary()))
}

// Sweep implements document.Store. It removes in two steps, for a removal has no limit.
func (s *Store) Sweep(ctx context.Context, before time.Time, most int) (int, error) {
	return s.remove(ctx, bson.M{"e": bson.M{"$lte": before.UnixMicro(), "$gt": int64(0)}}, most)
}

// Drop implements document.Store.
func (s *Store) Drop(ctx context.Context, scope kernel.Scope, most int) (int, error) {
	prefix := scope.Tenant + "/"
	if scope.Project != "" {
		prefix += scope.Project + "/"
	}
	if scope.Stage != "" {
		prefix += scope.Stage + "/"
	}
	return s.remove(ctx, bson.M{"p": bson.M{"$regex": "^" + regexp.QuoteMeta(prefix)}}, most)
}

func (s *Store) remove(ctx context.Context, which bson.M, most int) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	var ids []struct {
		ID string `bson:"_id"`
	}
	found, err := s.docs.Find(ctx, which, options.Find().SetProjection(bson.M{"_id": 1}).SetLimit(int64(most)))
	if err == nil {
		err = found.All(ctx, &ids)
	}
	if err != nil || len(ids) == 0 {
		return 0, mapped(err)
	}
	names := make(bson.A, 0, len(ids))
	for _, id := range ids {
		names = append(names, id.ID)
	}
	which["_id"] = bson.M{"$in": names}
	_, err = s.docs.DeleteMany(ctx, which) // who was given a longer life meanwhile stays
	return len(ids), mapped(err)
}

// mapped gives an error of MongoDB its kind.
func mapped(err error) error {
	if err == nil {
		return nil
	}
	failed := kernel.Errorf(kernel.Unavailable, "MongoDB does not do what it is asked for")
	failed.Err = fmt.Errorf("mongodb: %w", err)
	return failed.WithFix("try again in a moment; if it stays, tell whoever runs Terrace")
}

// transactional are the options of a transaction.
func transactional() *options.TransactionOptions {
	return options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(writeconcern.Majority())
}
