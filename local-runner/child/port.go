package child

import (
	"fmt"
	"net"
)

// postgresDefault is never taken: it is where the machine's own database server listens.
const postgresDefault = 5432

// FreePort finds a loopback port that nobody listens on now. Somebody else may take it before it is used: who starts a
// program on it tries again with another when the program finds it taken.
func FreePort() (int, error) {
	for range 10 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return 0, fmt.Errorf("looking for a free port: %w", err)
		}
		port := l.Addr().(*net.TCPAddr).Port
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("looking for a free port: %w", err)
		}
		if port != postgresDefault {
			return port, nil
		}
	}
	return 0, fmt.Errorf("looking for a free port: the system offers only %d", postgresDefault)
}

// PortIsFree tells whether a loopback port can be listened on.
func PortIsFree(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
