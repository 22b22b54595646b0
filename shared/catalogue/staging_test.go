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
	conn, err := pgx.Connect(b.Context(), cataloguetest.URL(b))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, size := range []int{500, 5000} {
		made := newStaging(b, conn, size)
		for name, write := range map[string]func(context.Context, *pgx.Conn) error{"arrays": made.arrays, "COPY": made.copied} {
			b.Run(fmt.Sprintf("%s of %d", name, size), func(b *testing.B) {
				if _, err := conn.Exec(b.Context(), "truncate merged"); err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					if err := write(b.Context(), conn); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

// staging is a batch of rows of texts, by column and by row.
type staging struct {
	names, types []string
	columns      []any
	rows         [][]any
}

func newStaging(b *testing.B, conn *pgx.Conn, size int) staging {
	b.Helper()
	s := staging{rows: make([][]any, size)}
	random := rand.New(rand.NewPCG(1, 2))
	for c := range 20 {
		s.names, s.types = append(s.names, fmt.Sprint("c", c)), append(s.types, fmt.Sprintf("c%d text", c))
		values := make([]string, size)
		for r := range values {
			values[r] = strings.Repeat(fmt.Sprint(random.Uint64()), 1+c%4)
			s.rows[r] = append(s.rows[r], values[r])
		}
		s.columns = append(s.columns, values)
	}
	if _, err := conn.Exec(b.Context(), "create table if not exists merged ("+strings.Join(s.types, ", ")+")"); err != nil {
		b.Fatal(err)
	}
	return s
}

func (s staging) arrays(ctx context.Context, conn *pgx.Conn) error {
	placeholders := make([]string, len(s.columns))
	for c := range placeholders {
		placeholders[c] = fmt.Sprintf("$%d::text[]", c+1)
	}
	_, err := conn.Exec(ctx, "insert into merged select * from unnest("+strings.Join(placeholders, ", ")+")", s.columns...)
	return err
}

func (s staging) copied(ctx context.Context, conn *pgx.Conn) error {
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "create temporary table staged ("+strings.Join(s.types, ", ")+") on commit drop"); err != nil {
			return err
		}
		if _, err := tx.CopyFrom(ctx, pgx.Identifier{"staged"}, s.names, pgx.CopyFromRows(s.rows)); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "insert into merged select * from staged")
		return err
	})
}
