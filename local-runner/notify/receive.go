package notify

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"perigee/shared/fault"
)

// The bounds of a notification. AWS sends one record at a time, MinIO too.
const (
	maxNotification = 1 << 20          // bytes
	storing         = 30 * time.Second // of its events
)

// ServeHTTP receives the object store's notifications (POST, at any path). 204 says that the events are durable; it has
// no body, because versitygw does not close one. What has come in is stored though the one who told of it did not wait for
// that; when it cannot be, the buckets are compared soon, for nobody may tell of it again.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "notifications are sent with POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, request.Body, maxNotification))
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(request.Context()), storing)
		defer cancel()
		err = r.receive(ctx, body)
	}
	if err != nil {
		r.log.Error("a notification was not taken", "error", err)
		r.miss()
		http.Error(w, err.Error(), statusOf(err))
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func statusOf(err error) int {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return http.StatusRequestEntityTooLarge
	}
	return fault.KindOf(err).Status()
}

func (r *Receiver) receive(ctx context.Context, body []byte) error {
	changes, err := readNotification(body)
	if err != nil {
		return err
	}
	for _, c := range changes {
		if r.excluded(c.S3.Bucket.Name) {
			continue
		}
		if err := r.publish(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// publish stores the event, then remembers that it was told. A key that no event can name is passed over.
func (r *Receiver) publish(ctx context.Context, c change) error {
	err := r.cfg.Publish(ctx, c.event())
	if fault.KindOf(err) == fault.Invalid && err != nil {
		r.log.Warn("an object cannot be told of", "bucket", c.S3.Bucket.Name, "key", c.S3.Object.Key, "error", err)
		err = nil
	}
	if err != nil {
		return err
	}
	switch {
	case c.created():
		return r.told.put(c.S3.Bucket.Name, c.S3.Object.Key, c.S3.Object.ETag)
	case c.removed():
		return r.told.drop(c.S3.Bucket.Name, c.S3.Object.Key)
	}
	return nil
}
