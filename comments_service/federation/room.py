"""What the rooms of one site share that read what other servers say."""

from dataclasses import dataclass

from comments_service.federation.house import House
from comments_service.federation.remote import Remote
from comments_service.federation.uris import Uris
from comments_service.settings import Settings
from comments_service.store.protocol import Clock, Store


@dataclass(frozen=True)
class Room:
    store: Store
    settings: Settings
    house: House
    remote: Remote
    clock: Clock

    @property
    def site_id(self) -> str:
        return self.settings.site.id

    @property
    def uris(self) -> Uris:
        return self.house.uris
