//! Addresses of this machine that nobody else gets.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
};

use tokio::net::TcpSocket;

/// An address of this machine that is kept from all who take any port that is free, for as long as this is held. Nobody
/// listens there: connections are refused until somebody who was told the address takes it.
#[derive(Debug)]
pub struct KeptAddress {
    address: SocketAddr,
    /// Bound and not listening. Whoever names the port gets it beside us, since both allow that it is used again; whoever
    /// names none gets another one.
    _socket: TcpSocket,
}

impl KeptAddress {
    /// Keeps one that is free.
    ///
    /// # Errors
    /// If there is none.
    pub fn any() -> io::Result<Self> {
        Self::at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
    }

    /// Keeps this one.
    ///
    /// # Errors
    /// If somebody listens there.
    pub fn at(address: SocketAddr) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self { address: socket.local_addr()?, _socket: socket })
    }

    /// The address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn a_kept_address_is_for_whoever_names_it() {
        let kept = KeptAddress::any().unwrap();
        let refused = TcpStream::connect(kept.address()).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        let listener = tokio::net::TcpListener::bind(kept.address()).await.unwrap();
        TcpStream::connect(kept.address()).unwrap();
        assert_eq!(listener.local_addr().unwrap(), kept.address());
        assert!(KeptAddress::at(kept.address()).is_err(), "somebody listens there");
    }
}
