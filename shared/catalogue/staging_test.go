package catalogue_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"perigee/shared/catalogue/cataloguetest"
)

// BenchmarkStaging compares the ways in which the rows of a batch can reach the statement that merges them: as one array for each
// column, or by COPY into a table of the transaction's own. The table that they end in has no indexes: what differs is the way.
func BenchmarkStaging(b *testing.B) {
	const columns, size = 20, 500
	conn, err := pgx.Connect(b.Context(), cataloguetest.URL(b))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	names, types := make([]string, columns), make([]string, columns)
	random := rand.New(rand.NewPCG(1, 2))
	arrays, rows := make([]any, columns), make([][]any, size)
	for c := range columns {
		names[c], types[c] = fmt.Sprint("c", c), fmt.Sprintf("c%d text", c)
		values := make([]string, size)
		for r := range values {
			values[r] = strings.Repeat(fmt.Sprint(random.Uint64()), 1+c%4)
			rows[r] = append(rows[r], values[r])
		}
		arrays[c] = values
	}
	unnest := "insert into merged select * from unnest($1::text[]"
	for c := 1; c < columns; c++ {
		unnest += fmt.Sprintf(", $%d::text[]", c+1)
	}
	if _, err := conn.Exec(b.Context(), "create table merged ("+strings.Join(types, ", ")+")"); err != nil {
		b.Fatal(err)
	}
	b.Run("arrays", func(b *testing.B) {
		for b.Loop() {
			if _, err := conn.Exec(b.Context(), unnest+")", arrays...); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("COPY", func(b *testing.B) {
		for b.Loop() {
			err := pgx.BeginFunc(b.Context(), conn, func(tx pgx.Tx) error {
				if _, err := tx.Exec(b.Context(), "create temporary table staged ("+strings.Join(types, ", ")+") on commit drop"); err != nil {
					return err
				}
				if _, err := tx.CopyFrom(b.Context(), pgx.Identifier{"staged"}, names, pgx.CopyFromRows(rows)); err != nil {
					return err
				}
				_, err := tx.Exec(b.Context(), "insert into merged select * from staged")
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}
