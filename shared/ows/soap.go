package ows

import (
	"encoding/xml"
	"slices"

	"perigee/shared/fault"
)

// The namespaces of the envelopes of SOAP 1.2 (https://www.w3.org/TR/soap12-part1/) and 1.1.
const (
	SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
	SOAP11 = "http://schemas.xmlsoap.org/soap/envelope/"
)

// Unwrap takes a request out of the body of its envelope, whose namespace it tells; a document that is no envelope stays
// as it is, and the namespace is empty.
func Unwrap(document []byte, root xml.Name) (request []byte, name xml.Name, envelope string, err error) {
	if root.Local != "Envelope" || root.Space != SOAP12 && root.Space != SOAP11 {
		return document, root, "", nil
	}
	body := xml.Name{Space: root.Space, Local: "Body"}
	found, err := Fragments(document, func(path []xml.Name) bool { return len(path) == 3 && path[1] == body })
	if err == nil && len(found) != 1 {
		err = fault.New(fault.Invalid, "the body of the envelope holds %d requests, not one", len(found))
	}
	if err != nil {
		return nil, root, root.Space, err
	}
	return found[0].Document, found[0].Name, root.Space, nil
}

// Wrap puts an answer into the body of an envelope.
func Wrap(envelope string, answer []byte) []byte {
	return slices.Concat([]byte(xml.Header+`<soap:Envelope xmlns:soap="`+envelope+`"><soap:Body>`), Body(answer), []byte("</soap:Body></soap:Envelope>\n"))
}

// Fault is the envelope that tells a failure by its report: the sender's fault, or ours.
func Fault(envelope string, ours bool, report []byte) []byte {
	code := "Sender"
	if ours {
		code = "Receiver"
	}
	open := `<soap:Fault><soap:Code><soap:Value>soap:` + code + `</soap:Value></soap:Code><soap:Reason><soap:Text xml:lang="en">` +
		`the request failed</soap:Text></soap:Reason><soap:Detail>`
	end := "</soap:Detail></soap:Fault>"
	if envelope == SOAP11 {
		code = map[string]string{"Sender": "Client", "Receiver": "Server"}[code]
		open, end = `<soap:Fault><faultcode>soap:`+code+`</faultcode><faultstring>the request failed</faultstring><detail>`, "</detail></soap:Fault>"
	}
	return Wrap(envelope, slices.Concat([]byte(open), Body(report), []byte(end)))
}
