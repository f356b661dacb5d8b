"""The data plane: takes requests from clients' connections to services' connections and answers back.

    Edge        one connection of a client: parses requests, keeps them in turn, writes answers
    Exchange    one request on its way through: admitted, sent on, answered
    Pool        the connections to one service, with their queue and circuit breaker
    Connection  one connection to a service: writes a request, parses the answer

Bytes are passed on as they come, in both directions; when one side cannot take more, the other side is not
read from. There is no task, queue or timer for a single request, which is where the speed comes from: all
deadlines are looked after by one sweep of all connections.
"""
